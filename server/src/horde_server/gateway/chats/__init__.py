"""Chats that are rendered, ordered and read alike, whatever dialect they came in."""
