"""Anthropic's API: messages (gateway-anthropic.md)."""
