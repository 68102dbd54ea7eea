"""`/sharedkeys`: parse, call, answer (keys.md §4). Who knows a shared key may look at it."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.keys.shared.answers import SharedKeyDetails
from horde_server.keys.shared.schemas import SharedKeyInput
from horde_server.keys.shared.service import SharedKeys

_encode = msgspec.json.Encoder().encode


def routes(shared_keys: SharedKeys, door: Door) -> APIRouter:
    """Shared keys."""
    router = door.router("/api/v2/sharedkeys", tags=["v2"])

    @router.put(
        "",
        right=Right.MANAGE_OWN,
        operation_id="put_shared_key",
        response_model=SharedKeyDetails,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(SharedKeyInput),
    )
    async def create(caller: Caller, body: SharedKeyInput) -> Response:
        """Make a key that lets others spend some of your kudos. Its id is the key."""
        return json_response(_encode(await shared_keys.create(caller, body)))

    @router.get(
        "/{sharedkey_id}",
        right=Right.ANYBODY,
        operation_id="get_shared_key_single",
        response_model=SharedKeyDetails,
        responses=refusals(401),
    )
    async def show(sharedkey_id: Id) -> Response:
        """What a shared key may spend, and what it has spent."""
        return json_response(_encode(await shared_keys.show(sharedkey_id)))

    @router.patch(
        "/{sharedkey_id}",
        right=Right.MANAGE_OWN,
        operation_id="patch_shared_key_single",
        response_model=SharedKeyDetails,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(SharedKeyInput),
    )
    async def change(caller: Caller, body: SharedKeyInput, sharedkey_id: Id) -> Response:
        """Change a shared key of yours; what is left out stays as it is."""
        return json_response(_encode(await shared_keys.change(caller, sharedkey_id, body)))

    @router.delete(
        "/{sharedkey_id}",
        right=Right.MANAGE_OWN,
        operation_id="delete_shared_key_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403),
    )
    async def delete(caller: Caller, sharedkey_id: Id) -> Response:
        """End a shared key of yours at once, everywhere."""
        await shared_keys.delete(caller, sharedkey_id)
        return json_response(_encode({"message": "OK"}))

    return router.api
