"""Types of the wire: strict as the original's JSON schema (generation.md §1.3)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from horde_server.errors import NulByteInPayload


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


WireInt = Annotated[int, BeforeValidator(_whole), Field(strict=True)]
WireFloat = Annotated[float, Field(strict=True, allow_inf_nan=False)]
WireStr = Annotated[str, Field(strict=True), AfterValidator(_without_nul)]
RawStr = Annotated[str, Field(strict=True)]
"""Text that may hold NULs: they are dropped (names) or replaced (generations) where it is used."""


def empty(kind: type[list[Any] | dict[str, Any]]) -> Any:
    """The default `[]` or `{}` of a field: one written out is deep-copied for each body that leaves it out."""
    return Field(default_factory=kind, json_schema_extra={"default": kind()})
