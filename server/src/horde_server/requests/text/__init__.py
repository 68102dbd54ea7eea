"""Text requests (requests.md §8)."""
