"""`/kudos/transfer` and `/kudos/award`: parse, call, answer (kudos.md §7)."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import IdempotencyKey
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.kudos.answers import KudosAwarded, KudosTransferred
from horde_server.kudos.schemas import KudosGift
from horde_server.kudos.service import KudosGifts
from horde_server.kudos.transfers import DeletedParty


def routes(gifts: KudosGifts, door: Door) -> APIRouter:
    """Giving kudos."""
    router = door.router("/api/v2/kudos", tags=["v2"])

    @router.post(
        "/transfer",
        right=Right.MANAGE_OWN,
        deleted_user=DeletedParty,
        operation_id="post_transfer_kudos",
        response_model=KudosTransferred,
        responses=refusals(401, 413),
        openapi_extra=body_documentation(KudosGift),
    )
    async def give(caller: Caller, body: KudosGift, idempotency_key: IdempotencyKey = None) -> Response:
        """Give some of your kudos to somebody; sent again with the same Idempotency-Key, nothing moves twice."""
        await gifts.transfer(caller.user, body.username, body.amount, idempotency_key=idempotency_key or None)
        return json_response(msgspec.json.encode({"transferred": float(body.amount)}))

    @router.post(
        "/award",
        right=Right.MANAGE_OWN,
        operation_id="post_award_kudos",
        response_model=KudosAwarded,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(KudosGift),
    )
    async def give_new(caller: Caller, body: KudosGift) -> Response:
        """Award kudos that did not exist before; the first user only."""
        await gifts.award(caller.user, body.username, body.amount)
        return json_response(msgspec.json.encode({"awarded": float(body.amount)}))

    return router.api
