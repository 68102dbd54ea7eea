"""Requests and responses about alchemy: work on finished images."""

from horde_sdk._lazy_exports import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {})
