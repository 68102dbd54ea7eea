"""`/status/modes`: parse, call, answer (moderation.md §6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.audit.trail import actor_of
from horde_server.errors import HordeError
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.etags import tagged_json
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.answers import HordeModes
from horde_server.moderation.modes import Modes
from horde_server.moderation.schemas import ModesChange

_SUFFIX = "_mode"


class NoHordeModSelected(HordeError):
    """Name at least one mode to change: maintenance_mode, invite_only_mode or raid_mode."""

    rc = "NoHordeModSelected"


def routes(modes: Modes, cancel_waiting: Callable[[], Awaitable[None]], door: Door) -> APIRouter:
    """The modes of the horde."""
    router = door.router("/api/v2/status", tags=["v2"])

    @router.get(
        "/modes",
        right=Right.ANYBODY_NAMED,
        operation_id="get_horde_modes",
        response_model=HordeModes,
        responses=refusals(401, 403),
    )
    async def show(request: Request, caller: Caller) -> Response:
        """Which modes are on; moderators see all of them."""
        body = {"maintenance_mode": modes.maintenance, "invite_only_mode": modes.invite_only}
        if caller.account is not None:
            caller.check(Right.MODERATE)
            body["raid_mode"] = modes.raid
        return tagged_json(request, msgspec.json.encode(body))

    @router.put(
        "/modes",
        right=Right.MODERATE,
        unknown_key=ASKED_LATER,
        operation_id="put_horde_modes",
        response_model=HordeModes,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(ModesChange),
    )
    async def change(caller: Caller, body: ModesChange) -> Response:
        """Turn modes on or off: maintenance by administrators, the others by moderators.

        Maintenance also cancels what waits; jobs that workers hold go on.
        """
        caller.check(Right.ANY_KEY)
        asked = {name: getattr(body, name) for name in sorted(body.model_fields_set & set(ModesChange.model_fields))}
        if not asked:
            raise NoHordeModSelected
        if "maintenance_mode" in asked:
            caller.check(Right.ADMINISTER)
        caller.check(Right.MODERATE)
        await modes.change({name.removesuffix(_SUFFIX): value for name, value in asked.items()}, actor_of(caller))
        if asked.get("maintenance_mode"):
            await cancel_waiting()
        return json_response(msgspec.json.encode(asked))

    return router.api
