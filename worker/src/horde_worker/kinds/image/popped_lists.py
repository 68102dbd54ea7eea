"""The lists of an image job, read entry by entry: what makes no sense is left out (workers.md §7.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from horde_worker.backends.image import ExtraSource, ExtraText, Lora, TextualInversion
from horde_worker.kinds.hand_out import MAX_WORD_CHARACTERS, text_of
from horde_worker.tolerance import finite_number

MAX_LORAS: Final = 20
MAX_TIS: Final = 20
MAX_POST_PROCESSORS: Final = 20
MAX_EXTRA_SOURCES: Final = 20
MAX_EXTRA_TEXTS: Final = 20
MAX_NAME_CHARACTERS: Final = 255
MAX_TRIGGER_CHARACTERS: Final = 100
MAX_EXTRA_TEXT_CHARACTERS: Final = 10_000
MAX_STRENGTH: Final = 10.0
"""Twice what hordes of today let through: the sign and size are the requester's to choose."""


def loras_of(payload: Mapping[str, Any]) -> tuple[Lora, ...]:
    """The LoRAs to apply, in their order. Names may come as numbers: ids are some."""
    return tuple(
        Lora(
            name=name,
            model_strength=_strength(one.get("model")),
            clip_strength=_strength(one.get("clip")),
            inject_trigger=text_of(one.get("inject_trigger"), MAX_TRIGGER_CHARACTERS),
            is_version=one.get("is_version") is True,
        )
        for one in _entries(payload.get("loras"), MAX_LORAS)
        if (name := _name(one.get("name")))
    )


def tis_of(payload: Mapping[str, Any]) -> tuple[TextualInversion, ...]:
    """The textual inversions to apply, in their order."""
    return tuple(
        TextualInversion(
            name=name,
            inject=place if (place := one.get("inject_ti")) in ("prompt", "negprompt") else "",
            strength=_strength(one.get("strength")),
        )
        for one in _entries(payload.get("tis"), MAX_TIS)
        if (name := _name(one.get("name")))
    )


def post_processing_of(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """What is done to finished pictures, in its order. Names that nobody knows stay: they are refused by name later."""
    found = payload.get("post_processing")
    named = found[:MAX_POST_PROCESSORS] if isinstance(found, list) else []
    return tuple(name for one in named if (name := text_of(one, MAX_WORD_CHARACTERS)))


def extra_sources_of(answer: Mapping[str, Any]) -> tuple[ExtraSource, ...]:
    """Further source pictures, not yet fetched; they stand beside the payload."""
    return tuple(
        ExtraSource(given, _strength(one.get("strength")))
        for one in _entries(answer.get("extra_source_images"), MAX_EXTRA_SOURCES)
        if (given := text_of(one.get("image")))
    )


def extra_texts_of(payload: Mapping[str, Any]) -> tuple[ExtraText, ...]:
    """Further texts of a workflow."""
    return tuple(
        ExtraText(text, text_of(one.get("reference"), MAX_WORD_CHARACTERS))
        for one in _entries(payload.get("extra_texts"), MAX_EXTRA_TEXTS)
        if (text := text_of(one.get("text"), MAX_EXTRA_TEXT_CHARACTERS))
    )


def _entries(found: object, most: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(found, list):
        yield from (one for one in found[:most] if isinstance(one, Mapping))


def _name(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 1 << 63 else ""
    return text_of(value, MAX_NAME_CHARACTERS).strip()


def _strength(value: object) -> float:
    return min(max(finite_number(value, 1.0), -MAX_STRENGTH), MAX_STRENGTH)
