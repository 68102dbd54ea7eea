"""Words that all image backends share; none yet."""
