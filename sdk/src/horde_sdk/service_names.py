"""The names of the services that results or models come from."""

from __future__ import annotations

from enum import auto

from horde_sdk._text_enum import TextEnum


class KNOWN_SERVICE(TextEnum):
    """Services that results or models come from."""

    UNKNOWN = auto()
    CUSTOM_UNPUBLISHED = auto()
    AI_HORDE = auto()
    CIVITAI = auto()
