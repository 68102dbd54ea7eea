"""Embeddings: texts as vectors, by whose angles machines tell what is alike (embeddings.md)."""
