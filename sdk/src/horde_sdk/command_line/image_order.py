"""Options of `horde image`, turned into the parts of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable

import typer

from horde_sdk.ai_horde_api.source_images import source_image


def size_of(text: str) -> tuple[int, int]:
    """Return width and height of a text such as `512x768`, in pixels."""
    match = re.fullmatch(r"(\d{1,5})[xX*](\d{1,5})", text.strip())
    if match is None:
        raise typer.BadParameter("say it as WIDTHxHEIGHT, for example 512x768", param_hint="--size")
    return int(match[1]), int(match[2])


def loras_of(texts: Iterable[str]) -> list[dict[str, object]]:
    """Return LoRAs of texts such as `add-detail:0.7`; the strength is for image model and text encoder alike."""
    return [
        {"name": name} if strength is None else {"name": name, "model": strength, "clip": strength}
        for name, strength in map(_name_and_strength, texts)
    ]


def textual_inversions_of(texts: Iterable[str], *, inject: str | None) -> list[dict[str, object]]:
    """Return textual inversions of texts such as `7808:0.5`.

    Args:
        texts: Name or id, and perhaps a strength.
        inject: Where the horde puts their names: `prompt`, `negprompt`, or nowhere.
    """
    return [
        {
            "name": name,
            **({} if strength is None else {"strength": strength}),
            **({} if inject is None else {"inject_ti": inject}),
        }
        for name, strength in map(_name_and_strength, texts)
    ]


def _name_and_strength(text: str) -> tuple[str, float | None]:
    name, colon, tail = text.rpartition(":")
    # What is behind the last colon may as well belong to the name.
    if not colon or re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", tail) is None:
        return text, None
    return name, float(tail)


def extra_texts_of(texts: Iterable[str]) -> list[dict[str, str]]:
    """Return the texts that a workflow wants, of texts such as `qr_code=https://example.org`."""
    found = []
    for text in texts:
        reference, equals, words = text.partition("=")
        if not equals:
            raise typer.BadParameter("say it as REFERENCE=TEXT", param_hint="--extra-text")
        found.append({"reference": reference, "text": words})
    return found


def source_fields(
    source: str | None,
    mask: str | None,
    processing: str | None,
    extra_sources: Iterable[str],
) -> dict[str, object]:
    """Return the fields of the source images; a mask without a word on what it is for means inpainting.

    Raises:
        typer.BadParameter: A mask, but nothing to mask.
        HordeException: A file cannot be read, is too large, or is no image.
    """
    if mask is not None and source is None:
        raise typer.BadParameter("a mask needs --source", param_hint="--mask")
    fields: dict[str, object] = {}
    if source is not None:
        fields["source_image"] = source_image(source)
    if mask is not None:
        fields["source_mask"] = source_image(mask)
        fields["source_processing"] = "inpainting"
    if processing is not None:
        fields["source_processing"] = processing
    if extras := [{"image": source_image(place)} for place in extra_sources]:
        fields["extra_source_images"] = extras
    return fields
