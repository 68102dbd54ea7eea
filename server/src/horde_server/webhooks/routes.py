"""`/webhook_secret`: parse, call, answer. Only its owner may read or renew a secret."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.errors import InvalidAPIKey
from horde_server.http.answers import refusals
from horde_server.http.body import json_response, required_apikey
from horde_server.http.parameters import ApiKey
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.webhooks.account_secrets import AccountSecrets
from horde_server.webhooks.answers import WebhookSecret
from horde_server.webhooks.signing import shown
from horde_server.webhooks.store import Secret


def routes(secrets: AccountSecrets, accounts: AccountDirectory) -> APIRouter:
    """The secrets of webhooks."""
    router = APIRouter(prefix="/api/v2", tags=["v2"])

    async def owner(apikey: str | None) -> Account:
        account = await accounts.by_key(required_apikey(apikey))
        if account is None:
            raise InvalidAPIKey
        return account

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
        return answer(await secrets.read(await owner(apikey)))

    @router.post(
        "/webhook_secret",
        operation_id="post_webhook_secret",
        response_model=WebhookSecret,
        responses=refusals(401, 403),
    )
    async def renew(apikey: ApiKey = None) -> Response:
        """Replace your secret. For a day webhooks are signed with the old one too, so that receivers can follow."""
        return answer(await secrets.renew(await owner(apikey)))

    return router
