"""The wire shapes of workers (workers.md §11)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from horde_server.http.wire_types import Line, Text


class WorkerChange(BaseModel):
    """What to change of a worker; fields that are left out stay as they are."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="ModifyWorkerInput",
        json_schema_extra={"example": {"maintenance": True, "maintenance_msg": "back in an hour"}},
    )

    maintenance: bool = False
    maintenance_msg: Annotated[str, Line(300)] = ""
    paused: bool = False
    info: Annotated[str, Line(1000)] = ""
    name: Annotated[str, Line(100, least=5)] = ""
    team: Annotated[str, Text(36)] = ""
