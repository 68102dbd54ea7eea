"""OpenAI's API (gateway.md §2)."""
