"""Words that all kinds of generation share."""

from enum import auto

from horde_sdk._text_enum import TextEnum


class KNOWN_AUX_MODEL_SOURCE(TextEnum):
    """Where LoRAs and textual inversions are fetched from."""

    LOCAL = auto()
    CIVITAI = auto()
    HORDELING = auto()


class UNDERLYING_GENERATION_SCHEME(TextEnum):
    """What a generation is made by."""

    MODEL = auto()
    MODEL_FROM_SERVICE = auto()
    NON_MODEL_ALGORITHM = auto()
