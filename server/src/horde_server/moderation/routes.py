"""`/status/modes`: parse, call, answer (moderation.md §6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.errors import HordeError, InvalidAPIKey, NotAdmin, NotModerator
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, read_body, required_apikey
from horde_server.http.parameters import ApiKey
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.moderation.answers import HordeModes
from horde_server.moderation.modes import Modes
from horde_server.moderation.schemas import ModesChange

_SUFFIX = "_mode"


class NoHordeModSelected(HordeError):
    """Name at least one mode to change: maintenance_mode, invite_only_mode or raid_mode."""

    rc = "NoHordeModSelected"


def routes(
    modes: Modes, accounts: AccountDirectory, admin_ids: Collection[int], cancel_waiting: Callable[[], Awaitable[None]]
) -> APIRouter:
    """The modes of the horde."""
    router = APIRouter(prefix="/api/v2/status", tags=["v2"])

    def is_moderator(account: Account) -> bool:
        return account.moderator or account.id in admin_ids

    @router.get("/modes", operation_id="get_horde_modes", response_model=HordeModes, responses=refusals(401, 403))
    async def show(apikey: ApiKey = None) -> Response:
        """Which modes are on; moderators see all of them."""
        body = {"maintenance_mode": modes.maintenance, "invite_only_mode": modes.invite_only}
        if apikey:
            account = await accounts.by_key(apikey)
            if account is None:
                raise InvalidAPIKey
            if not is_moderator(account):
                raise NotModerator
            body["raid_mode"] = modes.raid
        return json_response(msgspec.json.encode(body))

    @router.put(
        "/modes",
        operation_id="put_horde_modes",
        response_model=HordeModes,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(ModesChange),
    )
    async def change(request: Request, apikey: ApiKey = None) -> Response:
        """Turn modes on or off: maintenance by administrators, the others by moderators.

        Maintenance also cancels what waits; jobs that workers hold go on.
        """
        body = await read_body(request, ModesChange)
        account = await accounts.by_key(required_apikey(apikey))
        if account is None:
            raise InvalidAPIKey
        asked = {name: getattr(body, name) for name in sorted(body.model_fields_set & set(ModesChange.model_fields))}
        if not asked:
            raise NoHordeModSelected
        if "maintenance_mode" in asked and account.id not in admin_ids:
            raise NotAdmin
        if not is_moderator(account):
            raise NotModerator
        await modes.change({name.removesuffix(_SUFFIX): value for name, value in asked.items()})
        if asked.get("maintenance_mode"):
            await cancel_waiting()
        return json_response(msgspec.json.encode(asked))

    return router
