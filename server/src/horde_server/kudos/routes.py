"""`/kudos/transfer` and `/kudos/award`: parse, call, answer (kudos.md §7)."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.database.pool import Pool
from horde_server.errors import InvalidAPIKey
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, read_body, required_apikey
from horde_server.http.parameters import ApiKey, IdempotencyKey
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.kudos.answers import KudosAwarded, KudosTransferred
from horde_server.kudos.awards import award
from horde_server.kudos.schemas import KudosGift
from horde_server.kudos.transfers import transfer


def routes(pool: Pool, accounts: AccountDirectory) -> APIRouter:
    """Giving kudos."""
    router = APIRouter(prefix="/api/v2/kudos", tags=["v2"])

    async def caller_of(apikey: str | None) -> Account:
        account = await accounts.by_key(required_apikey(apikey))
        if account is None:
            raise InvalidAPIKey
        return account

    @router.post(
        "/transfer",
        operation_id="post_transfer_kudos",
        response_model=KudosTransferred,
        responses=refusals(401, 413),
        openapi_extra=body_documentation(KudosGift),
    )
    async def give(
        request: Request,
        apikey: ApiKey = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Give some of your kudos to somebody; sent again with the same Idempotency-Key, nothing moves twice."""
        gift = await read_body(request, KudosGift)
        account = await caller_of(apikey)
        await transfer(pool, account.id, gift.username, gift.amount, idempotency_key=idempotency_key or None)
        accounts.invalidate(account.id)
        return json_response(msgspec.json.encode({"transferred": float(gift.amount)}))

    @router.post(
        "/award",
        operation_id="post_award_kudos",
        response_model=KudosAwarded,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(KudosGift),
    )
    async def give_new(request: Request, apikey: ApiKey = None) -> Response:
        """Award kudos that did not exist before; the first user only."""
        gift = await read_body(request, KudosGift)
        account = await caller_of(apikey)
        await award(pool, account, gift.username, gift.amount)
        return json_response(msgspec.json.encode({"awarded": float(gift.amount)}))

    return router
