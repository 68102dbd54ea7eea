"""Constants of any horde API; the key lives in `horde_sdk.consts`."""

from horde_sdk.consts import ANON_API_KEY

__all__ = ["ANON_API_KEY"]
