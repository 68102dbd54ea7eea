"""Parameters outside of bodies that many routes take. Each has a limit, as every field of a body has."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query

MOST_KEY_CHARACTERS = 255
MOST_ID_CHARACTERS = 255
MOST_NAME_CHARACTERS = 1000

ApiKey = Annotated[str | None, Header(max_length=MOST_KEY_CHARACTERS)]
IdempotencyKey = Annotated[str | None, Header(max_length=MOST_KEY_CHARACTERS)]
Id = Annotated[str, Path(max_length=MOST_ID_CHARACTERS)]
RequestId = Annotated[str, Path(alias="id", max_length=MOST_ID_CHARACTERS)]
Name = Annotated[str, Path(max_length=MOST_NAME_CHARACTERS)]
"""Of a model or a worker: with slashes too, where the path says `{name:path}`."""
Word = Annotated[str, Query(max_length=30)]
"""One of a few."""
