"""Ollama's API (gateway-ollama.md)."""
