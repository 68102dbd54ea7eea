"""HTTP and models of any horde API: requests, answers, clients. Knows no particular horde."""

from horde_sdk._lazy_exports import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {})
