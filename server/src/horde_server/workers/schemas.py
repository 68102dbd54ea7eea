"""The wire shapes of workers (accounts.md §3)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import WireStr


class WorkerChange(BaseModel):
    """What to change of a worker; fields that are left out stay as they are."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, title="ModifyWorkerInput")

    maintenance: bool = False
    maintenance_msg: Annotated[WireStr, Field(max_length=300)] = ""
    paused: bool = False
    info: Annotated[WireStr, Field(max_length=1000)] = ""
    name: Annotated[WireStr, Field(min_length=5, max_length=100)] = ""
    team: Annotated[WireStr, Field(max_length=36)] = ""
