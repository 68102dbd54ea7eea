"""`/webhook_secret`: parse, call, answer. Only its owner may read or renew a secret."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.webhooks.account_secrets import AccountSecrets
from horde_server.webhooks.answers import WebhookSecret
from horde_server.webhooks.signing import shown
from horde_server.webhooks.store import Secret


def routes(secrets: AccountSecrets, door: Door) -> APIRouter:
    """The secrets of webhooks."""
    router = door.router("/api/v2", tags=["v2"])

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
        return answer(await secrets.read(caller.user))

    @router.post(
        "/webhook_secret",
        right=Right.MANAGE_OWN,
        operation_id="post_webhook_secret",
        response_model=WebhookSecret,
        responses=refusals(401, 403),
    )
    async def renew(caller: Caller) -> Response:
        """Replace your secret. For a day webhooks are signed with the old one too, so that receivers can follow."""
        return answer(await secrets.renew(caller.user))

    return router.api
