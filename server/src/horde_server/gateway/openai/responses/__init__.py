"""OpenAI's responses, without memory (gateway-responses.md)."""
