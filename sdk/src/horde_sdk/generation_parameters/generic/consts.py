"""Words that all kinds of generation share. Imports nothing heavy."""

from enum import auto

from horde_sdk._text_enum import TextEnum
from horde_sdk.consts import KNOWN_SERVICE


class KNOWN_AUX_MODEL_SOURCE(TextEnum):
    """Where LoRAs and textual inversions are fetched from."""

    LOCAL = auto()
    CIVITAI = auto()
    HORDELING = auto()

    def map_to_known_service(self) -> KNOWN_SERVICE:
        """Return the service behind the source; there is none behind local files."""
        if self is KNOWN_AUX_MODEL_SOURCE.CIVITAI:
            return KNOWN_SERVICE.CIVITAI
        return KNOWN_SERVICE.AI_HORDE if self is KNOWN_AUX_MODEL_SOURCE.HORDELING else KNOWN_SERVICE.UNKNOWN


class UNDERLYING_GENERATION_SCHEME(TextEnum):
    """What a generation is made by."""

    MODEL = auto()
    MODEL_FROM_SERVICE = auto()
    NON_MODEL_ALGORITHM = auto()
