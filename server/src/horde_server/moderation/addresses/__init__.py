"""Addresses that may neither ask nor serve for a while: strikes, and what moderators set."""
