"""Images that their requesters share, for good and for all (storage.md §5)."""
