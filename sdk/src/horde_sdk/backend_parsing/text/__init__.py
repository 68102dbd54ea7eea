"""Backends of text; nothing yet."""
