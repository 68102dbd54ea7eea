"""Parameters outside of bodies that many routes take. Each has a limit, as every field of a body has."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query

MOST_KEY_CHARACTERS = 255
MOST_NAME_CHARACTERS = 1000
"""Also of what stands where an id should: up to here it is not found, as every other text that is no id."""

ApiKey = Annotated[str | None, Header(max_length=MOST_KEY_CHARACTERS)]
IdempotencyKey = Annotated[str | None, Header(max_length=MOST_NAME_CHARACTERS)]
"""The rule of transfers allows 255, and says so with its `rc`."""
AuditReason = Annotated[str | None, Header(max_length=2000)]
"""Why somebody does what needs a right, as bytes of UTF-8; characters are counted at the door."""
Id = Annotated[str, Path(max_length=MOST_NAME_CHARACTERS)]
RequestId = Annotated[str, Path(alias="id", max_length=MOST_NAME_CHARACTERS)]
Name = Annotated[str, Path(max_length=MOST_NAME_CHARACTERS)]
"""Of a model or a worker: with slashes too, where the path says `{name:path}`."""
Word = Annotated[str, Query(max_length=30)]
"""One of a few."""
