"""Requests and responses of text generation, one module per endpoint."""

from horde_sdk._lazy_exports import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {})
