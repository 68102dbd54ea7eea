"""Webhooks: a signed POST for each finished job, and one at the end of a request (generation.md §2.13)."""
