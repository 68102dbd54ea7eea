"""`/teams` and `/teams/{id}`: parse, call, answer (teams.md §1–3)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.errors import InvalidAPIKey
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.teams.answers import DeletedTeam, ModifyTeam, TeamDetails
from horde_server.teams.schemas import NewTeam, TeamChange
from horde_server.teams.service import TeamService
from horde_server.teams.store import ManagedTeam
from horde_server.workers.check_in import parse_worker_id as parse_id

_encode = msgspec.json.Encoder().encode


def routes(teams: TeamService, door: Door) -> APIRouter:
    """Teams of workers. How a worker joins one: `PUT /workers/{id}`."""
    router = door.router("/api/v2/teams", tags=["v2"])

    @router.get(
        "",
        right=Right.ANYBODY,
        operation_id="get_teams",
        response_model=list[TeamDetails],
        responses=refusals(),
    )
    async def all_teams(
        page: Annotated[int, Query(ge=1, le=2**31 - 1)] = 1,
        name: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """Teams by their kudos, fifty a page; with a name only the one that is called so."""
        return json_response(_encode(await (teams.named(name) if name else teams.page(page))))

    @router.post(
        "",
        right=Right.MANAGE_OWN,
        operation_id="post_teams",
        response_model=ModifyTeam,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(NewTeam),
    )
    async def create(caller: Caller, body: NewTeam) -> Response:
        """Make a team. For trusted users."""
        return json_response(_encode(_brief(await teams.create(body, caller))))

    @router.get(
        "/{team_id}",
        right=Right.ANYBODY_NAMED,
        operation_id="get_team_single",
        response_model=TeamDetails,
        responses=refusals(401, 404),
    )
    async def team(team_id: Id) -> Response:
        """One team."""
        return json_response(_encode(await teams.show(parse_id(team_id))))

    @router.patch(
        "/{team_id}",
        right=Right.MANAGE_OWN,
        no_key=InvalidAPIKey,
        unknown_key=ASKED_LATER,
        operation_id="patch_team_single",
        response_model=ModifyTeam,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(TeamChange),
    )
    async def change(caller: Caller, body: TeamChange, team_id: Id) -> Response:
        """Change a team's name or info, as its maker or as a moderator."""
        return json_response(_encode(_brief(await teams.change(parse_id(team_id), body, caller))))

    @router.delete(
        "/{team_id}",
        right=Right.MANAGE_OWN,
        no_key=InvalidAPIKey,
        unknown_key=ASKED_LATER,
        operation_id="delete_team_single",
        response_model=DeletedTeam,
        responses=refusals(401, 403, 404),
    )
    async def delete(caller: Caller, team_id: Id) -> Response:
        """Remove a team, as its maker or as a moderator; its workers go on without one."""
        gone = await teams.delete(parse_id(team_id), caller)
        return json_response(_encode({"deleted_id": str(gone.id), "deleted_name": gone.name}))

    return router.api


def _brief(team: ManagedTeam) -> dict[str, str]:
    """A team in answers to its making and its changes."""
    return {"id": str(team.id), "name": team.name, **({"info": team.info} if team.info else {})}
