"""`/operations/bans`: who may not serve (moderation.md §8): parse, call, answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.audit.trail import actor_of
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.bans.answers import BanDetails
from horde_server.moderation.bans.schemas import NewBan
from horde_server.moderation.bans.service import BanNotFound, Bans, ban_body

_encode = msgspec.json.Encoder().encode
_INT64_MAX = 2**63 - 1


def routes(bans: Bans, door: Door) -> APIRouter:
    """Bans; for moderators."""
    router = door.router("/api/v2/operations/bans", tags=["v2"])

    @router.get(
        "",
        right=Right.MODERATE,
        operation_id="get_operations_bans",
        response_model=list[BanDetails],
        responses=refusals(401, 403),
    )
    async def listed(
        past: bool = False,
        before: Annotated[int | None, Query(ge=1, le=_INT64_MAX)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """Bans, the newest first; with `past` those that are over or were lifted too. `before`: the last id known."""
        found = await bans.listed(before=before, is_past_too=past, limit=limit)
        return json_response(_encode(list(map(ban_body, found))))

    @router.post(
        "",
        right=Right.MODERATE,
        operation_id="post_operations_bans",
        response_model=BanDetails,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(NewBan),
    )
    async def add(caller: Caller, body: NewBan) -> Response:
        """Ban an account, a worker's name or a network from serving; an earlier ban of the same is replaced."""
        made = await bans.add_now(
            body.banned, reason=body.reason or caller.reason, seconds=body.seconds, actor=actor_of(caller)
        )
        return json_response(_encode(ban_body(made)))

    @router.delete(
        "/{ban_id}",
        right=Right.MODERATE,
        operation_id="delete_operations_ban",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def lift(caller: Caller, ban_id: Id) -> Response:
        """Lift a ban: who was banned may serve again at once."""
        await bans.lift(_number(ban_id), actor_of(caller))
        return json_response(b'{"message":"OK"}')

    return router.api


def _number(text: str) -> int:
    """The number of a ban; what cannot be one names none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _INT64_MAX):
        raise BanNotFound
    return int(text)
