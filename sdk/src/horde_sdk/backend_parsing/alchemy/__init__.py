"""Backends of alchemy; nothing yet."""
