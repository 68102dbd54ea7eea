"""Shared keys: the id is the key."""
