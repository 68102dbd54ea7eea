"""Remarks of workers on results: words ignored, images blackened, LoRAs that could not be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from horde_sdk.harmless_text import one_line

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels import GenMetadataEntry

MOST_REMARKS = 10
_NOT_FOR_PEOPLE = {"batch_index"}


def say_remarks(entries: Sequence[GenMetadataEntry] | None) -> None:
    """Print them on standard error."""
    told = [one for one in entries or () if one.type_ not in _NOT_FOR_PEOPLE]
    for entry in told[:MOST_REMARKS]:
        typer.echo(f"  {one_line(remark(entry))}", err=True)
    if len(told) > MOST_REMARKS:
        typer.echo(f"  and {len(told) - MOST_REMARKS} more remarks: see --json", err=True)


def remark(entry: GenMetadataEntry) -> str:
    """Return a remark as a line."""
    if entry.value == "see_ref" and entry.ref:
        return entry.ref if entry.type_ == "information" else f"{entry.type_}: {entry.ref}"
    words = str(entry.value).replace("_", " ")
    about = f" ({entry.ref})" if entry.ref else ""
    return f"{str(entry.type_).replace('_', ' ')}: {words}{about}"
