"""Constants of any horde API, under the path that programs import them from; they lie in `horde_sdk.consts`."""

from horde_sdk.consts import ANON_API_KEY

__all__ = ["ANON_API_KEY"]
