"""Webhooks: a signed POST for each finished job, and one at the end of a request (webhooks.md §2)."""
