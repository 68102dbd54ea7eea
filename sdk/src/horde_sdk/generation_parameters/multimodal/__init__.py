"""Generations of several kinds at once; nothing yet."""
