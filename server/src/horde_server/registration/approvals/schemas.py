"""The wire shape of a decision about a registration (registration.md §3.3)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from horde_server.audit.trail import REASON_LENGTH
from horde_server.http.wire_types import Line


class Decision(BaseModel):
    """What is to become of an account that waits."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="RegistrationDecision",
        json_schema_extra={"example": {"approve": True}},
    )

    approve: bool
    reason: Annotated[str, Line(REASON_LENGTH)] = ""
