"""The ratings API, a service of its own beside the horde: what people think of images."""

from horde_sdk._lazy_exports import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {})
