"""The wire shapes of `/teams` (teams.md §2)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from horde_server.http.wire_types import Line, Text

TeamName = Annotated[str, Line(100, least=3)]
TeamInfo = Annotated[str, Text(1000, least=3)]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewTeam(_Wire):
    """A team to make."""

    model_config = ConfigDict(
        title="CreateTeamInput",
        json_schema_extra={"example": {"name": "The Lighthouse Keepers", "info": "We keep the light on."}},
    )
    name: TeamName
    info: TeamInfo = ""


class TeamChange(_Wire):
    """What to change of a team; fields that are left out stay as they are."""

    model_config = ConfigDict(
        title="ModifyTeamInput", json_schema_extra={"example": {"info": "We keep the light on, by night too."}}
    )
    name: TeamName = ""
    info: TeamInfo = ""
