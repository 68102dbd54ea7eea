"""The words of text generation; none yet."""
