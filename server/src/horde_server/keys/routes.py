"""`/keys`: parse, call, answer (keys.md §1)."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Response

from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.keys.answers import KeyDetails, KeyMade, Keys
from horde_server.keys.refusals import KeyNotFound
from horde_server.keys.schemas import KeyChange, KeyInput, KeyRotation
from horde_server.keys.service import OwnKeys

_MOST_DIGITS = 18


def routes(keys: OwnKeys, door: Door) -> APIRouter:
    """One's own keys."""
    router = door.router("/api/v2/keys", tags=["v2"])

    @router.get(
        "",
        right=Right.MANAGE_OWN,
        operation_id="get_keys",
        response_model=Keys,
        responses=refusals(401, 403),
    )
    async def list_keys(caller: Caller) -> Response:
        """Your keys; never the keys themselves."""
        return json_response(msgspec.json.encode({"keys": await keys.all_of(caller)}))

    @router.post(
        "",
        right=Right.MANAGE_OWN,
        operation_id="post_keys",
        response_model=KeyMade,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(KeyInput),
    )
    async def create(caller: Caller, body: KeyInput) -> Response:
        """Make one more key of yours, for what it is to be good for; it is shown only now."""
        return _secret(await keys.create(caller, body))

    @router.patch(
        "/{key_id}",
        right=Right.MANAGE_OWN,
        operation_id="patch_key",
        response_model=KeyDetails,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(KeyChange),
    )
    async def change(caller: Caller, body: KeyChange, key_id: Id) -> Response:
        """Change what a key of yours is called, is for and is limited to."""
        return json_response(msgspec.json.encode(await keys.change(caller, _number(key_id), body)))

    @router.post(
        "/{key_id}/rotate",
        right=Right.MANAGE_OWN,
        operation_id="post_key_rotate",
        response_model=KeyMade,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(KeyRotation),
    )
    async def rotate(caller: Caller, body: KeyRotation, key_id: Id) -> Response:
        """Replace a key of yours by another, which is shown only now; for a while both are good, if you like."""
        return _secret(await keys.rotate(caller, _number(key_id), body.overlap_hours))

    @router.delete(
        "/{key_id}",
        right=Right.MANAGE_OWN,
        operation_id="delete_key",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def revoke(caller: Caller, key_id: Id) -> Response:
        """End a key of yours at once, everywhere."""
        await keys.revoke(caller, _number(key_id))
        return json_response(msgspec.json.encode({"message": "OK"}))

    return router.api


def _secret(body: dict[str, Any]) -> Response:
    response = json_response(msgspec.json.encode(body))
    response.headers["Cache-Control"] = "no-store"
    return response


def _number(text: str) -> int:
    """The number of a key; what cannot be one is nobody's."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise KeyNotFound
    return int(text)
