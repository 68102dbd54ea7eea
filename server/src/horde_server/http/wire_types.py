"""Types of the wire: strict as the original's JSON schema (basics.md §3), and none without a limit.

`Annotated[str, Text(255)]`, `Annotated[list[Lora], Items(20)]`, `Annotated[dict[str, Any], FreeMap()]`: what has no
limit here is a way to stop the horde. The limits are for those who attack; real clients stay far below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, GroupedMetadata, Le, MaxLen, MinLen, MultipleOf
from pydantic import AfterValidator, BeforeValidator, FailFast, Field, Strict

from horde_server.errors import NulByteInPayload
from horde_server.visible_text import invisible_character, named

MOST_INLINE_IMAGE_CHARACTERS = 32 * 1024 * 1024
"""Of base64; the limits of images and bodies are lower. Addresses of images stand in the same fields."""
MOST_MAP_KEYS = 100
MOST_MAP_BYTES = 16 * 1024
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class NulByte(ValueError):
    """Carries the refusal of a NUL character through pydantic's validation."""

    rc = NulByteInPayload.rc
    refusal = NulByteInPayload


def _whole(value: Any) -> Any:
    """`512.0` counts as an integer; `20.5`, `true` and strings do not."""
    return int(value) if type(value) is float and value.is_integer() else value


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise NulByte("text must not contain NUL characters")
    return text


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    hidden = invisible_character(_without_nul(text))
    if hidden is not None:
        raise ValueError(f"must be of visible characters, in one line: remove {named(hidden)}")
    return text


def encode_map(found: dict[str, Any]) -> bytes:
    """A free-form map as JSON, as stored and handed out; raises ValueError for what JSON cannot say."""
    return json.dumps(found, allow_nan=False, separators=(",", ":")).encode()


def _storable(found: dict[str, Any]) -> dict[str, Any]:
    encoded = encode_map(found)
    if len(encoded) > MOST_MAP_BYTES:
        raise ValueError(f"must have at most {MOST_MAP_BYTES} bytes as JSON")
    if _NUL.search(encoded.decode()):
        raise NulByte("text must not contain NUL characters")
    return found


@dataclass(frozen=True, slots=True)
class Text(GroupedMetadata):
    """Text of at most so many characters, and of at least so many where it is given at all."""

    most: int
    least: int = 0

    def __iter__(self) -> Iterator[object]:
        yield from _lengths(self.most, self.least)
        yield AfterValidator(_without_nul)


@dataclass(frozen=True, slots=True)
class Line(GroupedMetadata):
    """Text that is shown in one line among others': a name, a remark. What nobody would see in it is refused."""

    most: int
    least: int = 0

    def __iter__(self) -> Iterator[object]:
        yield from _lengths(self.most, self.least)
        yield AfterValidator(_visible)


@dataclass(frozen=True, slots=True)
class RawText(GroupedMetadata):
    """Text that may hold NULs: they are dropped (names) or replaced (generations) where it is used."""

    most: int

    def __iter__(self) -> Iterator[object]:
        yield from _lengths(self.most, 0)


def _lengths(most: int, least: int) -> Iterator[object]:
    yield Strict()
    if least:
        yield MinLen(least)
    yield MaxLen(most)


@dataclass(frozen=True, slots=True)
class Items(GroupedMetadata):
    """A list of at most so many items. Its first wrong item is told, not each: half a million cost seconds."""

    most: int
    least: int = 0

    def __iter__(self) -> Iterator[object]:
        yield FailFast()
        if self.least:
            yield MinLen(self.least)
        yield MaxLen(self.most)


@dataclass(frozen=True, slots=True)
class FreeMap(GroupedMetadata):
    """An object whose keys nobody declared: few of them, and not much in all."""

    def __iter__(self) -> Iterator[object]:
        yield MaxLen(MOST_MAP_KEYS)
        yield AfterValidator(_storable)


@dataclass(frozen=True, slots=True)
class Whole(GroupedMetadata):
    """A whole number between two, both included."""

    least: int
    most: int
    multiple_of: int | None = None

    def __iter__(self) -> Iterator[object]:
        yield Strict()
        yield Ge(self.least)
        yield Le(self.most)
        if self.multiple_of is not None:
            yield MultipleOf(self.multiple_of)
        yield BeforeValidator(_whole)  # last: the bounds would be checked in Python after it


WireFloat = Annotated[float, Field(strict=True, allow_inf_nan=False)]


def empty(kind: type[list[Any] | dict[str, Any]]) -> Any:
    """The default `[]` or `{}` of a field: one written out is deep-copied for each body that leaves it out."""
    return Field(default_factory=kind, json_schema_extra={"default": kind()})
