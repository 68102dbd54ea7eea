"""Backends of images."""
