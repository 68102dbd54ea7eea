"""Video generation; nothing yet."""
