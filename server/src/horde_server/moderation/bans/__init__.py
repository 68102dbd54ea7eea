"""Bans of workers by owner, name or network."""
