"""Requests and responses of generation, one module per endpoint."""

from horde_sdk._lazy_exports import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {})
