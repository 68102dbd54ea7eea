"""Text requests (generation.md §4)."""
