"""Backends of video; nothing yet."""
