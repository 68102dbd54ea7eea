"""What a text request may not ask (requests.md §8.1, §8.3)."""

from __future__ import annotations

from horde_server.errors import HordeError
from horde_server.requests.text.schemas import TextParams

MAX_PROMPT_CHARACTERS = 4 * 262_144
"""Not the original's, which takes any: the longest context that is rewarded, at four characters a token."""
FULL_SAMPLER_ORDER = 7
MAX_STOP_SEQUENCES = 128
MAX_STOP_CHARACTERS = 2000
MAX_EXTRA_SOURCE_IMAGES = 5


class MissingPrompt(HordeError):
    """There is no prompt: say what the text should continue."""

    rc = "MissingPrompt"


class InvalidPromptSize(HordeError):
    """The prompt is too long: at most 1,048,576 characters."""

    rc = "InvalidPromptSize"


class TokenOverflow(HordeError):
    """max_length may not exceed max_context_length: the text must fit the context."""

    rc = "TokenOverflow"


class MissingFullSamplerOrder(HordeError):
    """sampler_order must name all seven samplers, each once: or leave it out."""

    rc = "MissingFullSamplerOrder"


class TooManyStopSequences(HordeError):
    """There are at most 128 stop sequences."""

    rc = "TooManyStopSequences"


class ExcessiveStopSequence(HordeError):
    """The stop sequences have at most 2000 characters in all."""

    rc = "ExcessiveStopSequence"


class TooManyExtraSourceImages(HordeError):
    """There are at most five extra source images."""

    rc = "TooManyExtraSourceImages."


class MoreThanMinExtraSourceImage(HordeError):
    """Only trusted accounts may send more than one extra source image."""

    rc = "MoreThanMinExtraSourceImage."


class InvalidExtraSourceImages(HordeError):
    """Texts have no source images: leave extra_source_images out."""

    rc = "InvalidExtraSourceImages."


def refuse_prompt(prompt: str) -> None:
    """Raise for no prompt, or one longer than any context."""
    if not prompt:
        raise MissingPrompt
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise InvalidPromptSize


def refuse_lengths(params: TextParams) -> None:
    """Raise where more is to be written than the context holds."""
    if params.max_context_length < params.max_length:
        raise TokenOverflow


def refuse_samplers(params: TextParams) -> None:
    """Raise for an incomplete sampler order, and for too many or too long stop sequences."""
    if "sampler_order" in params.model_fields_set and len(set(params.sampler_order)) < FULL_SAMPLER_ORDER:
        raise MissingFullSamplerOrder
    stops = set(params.stop_sequence)
    if len(stops) > MAX_STOP_SEQUENCES:
        raise TooManyStopSequences
    if sum(map(len, stops)) > MAX_STOP_CHARACTERS:
        raise ExcessiveStopSequence


def refuse_many_extra_images(count: int, *, trusted: bool) -> None:
    """Raise as for images (requests.md §3.7, §3.8); that texts take none at all is checked later."""
    if count > MAX_EXTRA_SOURCE_IMAGES:
        raise TooManyExtraSourceImages
    if count > 1 and not trusted:
        raise MoreThanMinExtraSourceImage
