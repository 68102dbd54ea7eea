"""Servers that make vectors of texts: by OpenAI's `/v1/embeddings`, and by Ollama's `/api/embed`."""
