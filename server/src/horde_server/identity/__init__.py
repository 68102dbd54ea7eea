"""API keys, roles, client address, rate limits."""
