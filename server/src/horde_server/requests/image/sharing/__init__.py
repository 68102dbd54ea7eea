"""Images that their requesters share, for good and for all (alchemy-and-operations.md §2.5)."""
