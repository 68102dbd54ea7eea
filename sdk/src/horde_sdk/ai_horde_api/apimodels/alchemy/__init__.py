"""Requests and responses about alchemy: work on finished images."""
