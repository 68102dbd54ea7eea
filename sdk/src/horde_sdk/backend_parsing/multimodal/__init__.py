"""Backends of several kinds at once; nothing yet."""
