"""Requests and responses of text generation, one module per endpoint."""
