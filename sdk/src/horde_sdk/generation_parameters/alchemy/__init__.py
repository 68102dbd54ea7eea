"""Alchemy: work on finished images."""
