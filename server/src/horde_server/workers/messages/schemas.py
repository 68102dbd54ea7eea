"""The wire shape of a new message to workers (workers.md §12)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from horde_server.http.wire_types import Items, Line, Text, Whole, empty

MOST_CHARACTERS = 10_240
MOST_ADDRESSEES = 100


class NewMessage(BaseModel):
    """What to tell a worker, several, all of a kind, or all; for so many hours."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="NewWorkerMessage",
        json_schema_extra={"example": {"message": "The horde goes down for an hour at noon.", "expiry": 12}},
    )

    message: Annotated[str, Text(MOST_CHARACTERS, least=1)]
    worker_id: Annotated[str, Text(36, least=36)] = ""
    worker_ids: Annotated[list[Annotated[str, Text(36, least=36)]], Items(MOST_ADDRESSEES, least=1)] = empty(list)
    worker_type: Literal["image", "text", "interrogation", ""] = ""
    origin: Annotated[str, Line(255, least=1)] = ""
    expiry: Annotated[int, Whole(1, 720)] = 12
