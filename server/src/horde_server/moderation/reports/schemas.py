"""The wire shapes of reports (moderation.md §9)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from horde_server.errors import BadRequest
from horde_server.http.examples import EXAMPLE_ID
from horde_server.http.wire_types import Line, Text


class ReportReason(StrEnum):
    """What is wrong with a result."""

    ILLEGAL = "illegal"  # shows what nobody may
    CENSORED = "censored"  # withheld without need
    UNRELATED = "unrelated"  # has nothing to do with what was asked for
    BROKEN = "broken"  # black, noise, garbled
    OTHER = "other"


class ReportState(StrEnum):
    """What became of a report."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewReport(_Wire):
    """Which result of a request, by its id (of alchemy: the name of the form), and what is wrong with it."""

    model_config = ConfigDict(
        title="ResultReportInput", json_schema_extra={"example": {"generation": EXAMPLE_ID, "reason": "broken"}}
    )

    generation: Annotated[str, Text(100, least=1)]
    reason: Annotated[ReportReason, Field(strict=False)]
    text: Annotated[str, Text(1000)] = ""


class Decision(_Wire):
    """What a moderator decides: upheld, perhaps with a suspicion against the worker or a note on it, or rejected."""

    model_config = ConfigDict(title="ResultReportDecision", json_schema_extra={"example": {"state": "rejected"}})

    state: Annotated[ReportState, Field(strict=False)]
    suspicion: bool = False
    note: Annotated[str, Line(1000)] = ""

    @model_validator(mode="after")
    def _decides(self) -> Self:
        if self.state is ReportState.OPEN:
            raise BadRequest("Decide: upheld or rejected.")
        if self.state is ReportState.REJECTED and (self.suspicion or self.note):
            raise BadRequest("A report that is rejected has no consequences for the worker.")
        return self
