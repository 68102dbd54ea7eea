"""Jobs of several kinds at once; nothing yet."""
