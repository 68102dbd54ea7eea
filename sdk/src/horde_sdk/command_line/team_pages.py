"""Pages of teams, and a team by its name: what OpenHorde takes at GET /v2/teams, and the AI Horde ignores."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.teams import AllTeamDetailsRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod


class TeamsPageRequest(
    AllTeamDetailsRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_teams_all,
):
    """Ask for a page of teams, or for the team of a name: GET /v2/teams."""

    page: int | None = None
    """Which page, from 1, where the horde has pages."""
    name: str | None = None
    """The team of this name only, where the horde looks for it."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["page", "name"]
