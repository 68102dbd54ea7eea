"""/v2/teams…: workers whose owners count together."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import ActiveModelLite, BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.workers.workers import TeamDetailsLite, WorkerDetailLite
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


@Unhashable
@Unequatable
class TeamDetails(HordeResponseBaseModel, TeamDetailsLite, api_name="TeamDetails"):
    """A team: 200 of GET /v2/teams/{team_id}."""

    info: str | None = None
    """What it says about itself."""
    creator: str | None = None
    """Who made it."""
    kudos: float | None = None
    """What its workers earned."""
    contributions: float | None = None
    """Megapixelsteps that its workers made, where the horde tells."""
    performance: float | None = None
    """How fast one of its workers is, in megapixelsteps per second, where the horde tells."""
    speed: float | None = None
    """How fast all of them are together."""
    models: list[ActiveModelLite] | None = None
    """What its workers serve."""
    requests_fulfilled: int | None = None
    """How many jobs its workers did."""
    uptime: int | None = None
    """Seconds that its workers were there, in all."""
    worker_count: int | None = None
    """How many workers it has."""
    workers: list[WorkerDetailLite] | None = None
    """Its workers."""


@Unhashable
@Unequatable
class AllTeamDetailsResponse(HordeResponseRootModel[list[TeamDetails]], api_name=_ANONYMOUS_MODEL):
    """The teams: 200 of GET /v2/teams."""


class AllTeamDetailsRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_teams_all,
):
    """Ask for the teams: GET /v2/teams."""

    @classmethod
    def get_default_success_response_type(cls) -> type[AllTeamDetailsResponse]:
        return AllTeamDetailsResponse


class SingleTeamDetailsRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_teams_single,
):
    """Ask about a team: GET /v2/teams/{team_id}."""

    team_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[TeamDetails]:
        return TeamDetails


class ModifyTeam(HordeResponseBaseModel, api_name="ModifyTeam"):
    """A team was made or changed.

    200 of POST /v2/teams, 200 of PATCH /v2/teams/{team_id}.
    """

    id_: str = Field(alias="id")
    """The team's id."""
    name: str
    """Its name."""
    info: str | None = None
    """What it says about itself."""


class ModifyTeamInput(HordeAPIObjectBaseModel, api_name="ModifyTeamInput"):
    """What the maker of a team says about it."""

    name: str | None = None
    """Its name."""
    info: str | None = None
    """What it says about itself."""


class CreateTeamRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    ModifyTeamInput,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_teams_all,
    api_name="CreateTeamInput",
):
    """Make a team: POST /v2/teams. For trusted users."""

    name: str
    """Its name."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyTeam]:
        return ModifyTeam


class ModifyTeamRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    ModifyTeamInput,
    method=HTTPMethod.PATCH,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_teams_single,
    api_name="ModifyTeamInput",
):
    """Change a team; what is left out stays as it is: PATCH /v2/teams/{team_id}. For its maker and moderators."""

    team_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyTeam]:
        return ModifyTeam


class DeleteTeamResponse(HordeResponseBaseModel, api_name="DeletedTeam"):
    """A team was deleted: 200 of DELETE /v2/teams/{team_id}."""

    deleted_id: str
    """The team's id."""
    deleted_name: str
    """Its name."""


class DeleteTeamRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_teams_single,
):
    """Delete a team; its workers stay: DELETE /v2/teams/{team_id}. For its maker and moderators."""

    team_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteTeamResponse]:
        return DeleteTeamResponse
