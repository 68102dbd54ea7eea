"""Tools around the API's own description. Nothing here is imported by the clients."""

from horde_sdk._lazy_exports import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {})
