"""`/webhook_secret`: parse, call, answer. Only its owner may read or renew a secret."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.database.pool import Pool
from horde_server.errors import DeletedUser, HordeError, InvalidAPIKey
from horde_server.http.answers import refusals
from horde_server.http.body import json_response, required_apikey
from horde_server.http.parameters import ApiKey
from horde_server.identity.directory import AccountDirectory
from horde_server.webhooks import store
from horde_server.webhooks.answers import WebhookSecret
from horde_server.webhooks.signing import new_secret, shown
from horde_server.webhooks.store import Secret


class AnonForbidden(HordeError):
    """Anonymous has no secret, as everybody could read it: webhooks of anonymous requests are not signed."""

    status, rc = 403, "AnonForbidden"


def routes(pool: Pool, accounts: AccountDirectory) -> APIRouter:
    """The secrets of webhooks."""
    router = APIRouter(prefix="/api/v2", tags=["v2"])

    async def owner(apikey: str | None) -> int:
        account = await accounts.by_key(required_apikey(apikey))
        if account is None:
            raise InvalidAPIKey
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
        operation_id="get_webhook_secret",
        response_model=WebhookSecret,
        responses=refusals(401, 403),
    )
    async def show(apikey: ApiKey = None) -> Response:
        """What your webhooks are signed with; made when first asked for."""
        account_id = await owner(apikey)
        async with pool.connection() as conn:
            return answer(await store.secret_of(conn, account_id, new_secret()))

    @router.post(
        "/webhook_secret",
        operation_id="post_webhook_secret",
        response_model=WebhookSecret,
        responses=refusals(401, 403),
    )
    async def renew(apikey: ApiKey = None) -> Response:
        """Replace your secret. For a day webhooks are signed with the old one too, so that receivers can follow."""
        account_id = await owner(apikey)
        async with pool.connection() as conn:
            return answer(await store.renew_secret(conn, account_id, new_secret()))

    return router
