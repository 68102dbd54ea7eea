"""Results of alchemy forms: a class each, and how it is recognised in an answer.

On the wire a result is an object whose one key names the form. A shape that is not known here stays an object: no
answer of a newer horde makes the whole status unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import Field, ValidationError

from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_ALCHEMY_TYPES,
    KNOWN_FACEFIXERS,
    KNOWN_UPSCALERS,
    is_facefixer_form,
    is_upscaler_form,
)
from horde_sdk.generic_api.apimodels import HordeAPIData


class AlchemyInterrogationResultItem(HordeAPIData):
    """A word or phrase that fits the image."""

    text: str
    """What was seen."""
    confidence: float
    """How well it fits, 0 to 100, among the phrases of its list."""


class AlchemyInterrogationDetails(HordeAPIData):
    """Words and phrases that fit the image, by kind; a list that was not sent is empty."""

    tags: list[AlchemyInterrogationResultItem] = Field(default_factory=list)
    """What is in it."""
    sites: list[AlchemyInterrogationResultItem] = Field(default_factory=list)
    """Where it could be from."""
    artists: list[AlchemyInterrogationResultItem] = Field(default_factory=list)
    """Who could have made it."""
    flavors: list[AlchemyInterrogationResultItem] = Field(default_factory=list)
    """What it feels like."""
    mediums: list[AlchemyInterrogationResultItem] = Field(default_factory=list)
    """What it is made with."""
    movements: list[AlchemyInterrogationResultItem] = Field(default_factory=list)
    """Which movement it belongs to."""
    techniques: list[AlchemyInterrogationResultItem] = Field(default_factory=list)
    """How it is made."""


class AlchemyInterrogationResult(HordeAPIData):
    """An interrogation as it comes over the wire."""

    interrogation: AlchemyInterrogationDetails
    """What was seen."""


class AlchemyCaptionResult(HordeAPIData):
    """A sentence that says what is in the image."""

    caption: str
    """The caption."""


class AlchemyNSFWResult(HordeAPIData):
    """Whether the image is not safe for work."""

    nsfw: bool
    """Whether it is not safe for work."""


class AlchemyUpscaleResult(HordeAPIData):
    """The image, larger."""

    upscaler_used: KNOWN_UPSCALERS | str
    """The upscaler."""
    url: str
    """Where the image is."""


class AlchemyFacefixResult(HordeAPIData):
    """The image with its faces repaired."""

    facefixer_used: KNOWN_FACEFIXERS | str
    """The face fixer."""
    url: str
    """Where the image is."""


class AlchemyStripBackgroundResult(HordeAPIData):
    """The image without its background."""

    url: str
    """Where the image is."""


class AlchemyVectorizeResult(HordeAPIData):
    """The image as SVG."""

    vectorize: str
    """Where the drawing is."""


class AlchemyAnnotationResult(HordeAPIData):
    """A control map of the image."""

    annotation: str
    """Where the control map is."""


class AlchemyPaletteResult(HordeAPIData):
    """The colours of the image; the shape is up to the worker (ours: `color` and `share`, the largest share first)."""

    palette: Any
    """The colours."""


class AlchemyDescribeResult(HordeAPIData):
    """Facts about the image; the shape is up to the worker (ours: sizes, hashes, a blurhash, the dominant colour)."""

    describe: Any
    """The description."""


class AlchemyAestheticResult(HordeAPIData):
    """How pleasing the image is; the shape is up to the worker (usually 0 to 10)."""

    aesthetic: Any
    """The score."""


FormResult: TypeAlias = (
    AlchemyInterrogationDetails
    | AlchemyNSFWResult
    | AlchemyCaptionResult
    | AlchemyUpscaleResult
    | AlchemyFacefixResult
    | AlchemyStripBackgroundResult
    | AlchemyVectorizeResult
    | AlchemyAnnotationResult
    | AlchemyPaletteResult
    | AlchemyDescribeResult
    | AlchemyAestheticResult
    | dict[str, Any]
)

_BY_OWN_KEY: dict[str, type[HordeAPIData]] = {
    "caption": AlchemyCaptionResult,
    "nsfw": AlchemyNSFWResult,
    "vectorize": AlchemyVectorizeResult,
    "annotation": AlchemyAnnotationResult,
    "palette": AlchemyPaletteResult,
    "describe": AlchemyDescribeResult,
    "aesthetic": AlchemyAestheticResult,
    # As `model_dump` writes them.
    "upscaler_used": AlchemyUpscaleResult,
    "facefixer_used": AlchemyFacefixResult,
}


def result_of(form: str, sent: object) -> object:
    """Return what was sent as an instance of its class; as it is, where none fits."""
    if not isinstance(sent, Mapping):
        return sent
    try:
        found = _known_result(form, sent)
    except ValidationError:
        found = None
    return dict(sent) if found is None else found


def _known_result(form: str, sent: Mapping[str, Any]) -> object:  # noqa: PLR0911 one return a kind
    if "interrogation" in sent:
        return AlchemyInterrogationResult.model_validate(sent).interrogation
    for key, value in sent.items():
        if key in _BY_OWN_KEY:
            return _BY_OWN_KEY[key].model_validate(sent)
        if is_upscaler_form(key):
            return AlchemyUpscaleResult(upscaler_used=_member(KNOWN_UPSCALERS, key), url=value)
        if is_facefixer_form(key):
            return AlchemyFacefixResult(facefixer_used=_member(KNOWN_FACEFIXERS, key), url=value)
        if key == KNOWN_ALCHEMY_TYPES.strip_background:
            return AlchemyStripBackgroundResult(url=value)
    if form == KNOWN_ALCHEMY_TYPES.interrogation:
        return AlchemyInterrogationDetails.model_validate(sent)
    if form == KNOWN_ALCHEMY_TYPES.strip_background:
        return AlchemyStripBackgroundResult.model_validate(sent)
    return None


def _member(words: type[KNOWN_UPSCALERS | KNOWN_FACEFIXERS], key: str) -> str:
    """Return the member of this value or name."""
    return words.known_or_text(key) if key in set(words) else words[key]
