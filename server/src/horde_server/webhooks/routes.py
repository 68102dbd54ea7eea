"""`/webhook_secret`: parse, call, answer. Only its owner may read or renew a secret."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.database.pool import Pool
from horde_server.errors import DeletedUser, HordeError
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.declared_routes import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.webhooks import store
from horde_server.webhooks.answers import WebhookSecret
from horde_server.webhooks.signing import new_secret, shown
from horde_server.webhooks.store import Secret


class AnonForbidden(HordeError):
    """Anonymous has no secret, as everybody could read it: webhooks of anonymous requests are not signed."""

    status, rc = 403, "AnonForbidden"


def routes(pool: Pool, door: Door) -> APIRouter:
    """The secrets of webhooks."""
    router = door.router("/api/v2", tags=["v2"])

    def owner(caller: Caller) -> int:
        account = caller.user
        if account.id == 0:
            raise AnonForbidden
        if account.deleted:
            raise DeletedUser
        return account.id

    def answer(secret: Secret) -> Response:
        body = {"secret": shown(secret.value), "renewed_at": secret.renewed_at.isoformat()}
        response = json_response(msgspec.json.encode(body))
        response.headers["Cache-Control"] = "no-store"
        return response

    @router.get(
        "/webhook_secret",
        right=Right.MANAGE_OWN,
        operation_id="get_webhook_secret",
        response_model=WebhookSecret,
        responses=refusals(401, 403),
    )
    async def show(caller: Caller) -> Response:
        """What your webhooks are signed with; made when first asked for."""
        account_id = owner(caller)
        async with pool.connection() as conn:
            return answer(await store.secret_of(conn, account_id, new_secret()))

    @router.post(
        "/webhook_secret",
        right=Right.MANAGE_OWN,
        operation_id="post_webhook_secret",
        response_model=WebhookSecret,
        responses=refusals(401, 403),
    )
    async def renew(caller: Caller) -> Response:
        """Replace your secret. For a day webhooks are signed with the old one too, so that receivers can follow."""
        account_id = owner(caller)
        async with pool.connection() as conn:
            return answer(await store.renew_secret(conn, account_id, new_secret()))

    return router.api
