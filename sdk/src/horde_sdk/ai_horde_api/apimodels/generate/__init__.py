"""Requests and responses of generation, one module per endpoint."""
