"""`DELETE /operations/requests`: many requests at once (moderation.md §10): parse, call, answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.audit.trail import actor_of
from horde_server.dispatch.bulk_cancel import BulkCancel
from horde_server.dispatch.bulk_cancel_store import Chosen
from horde_server.errors import BadRequest
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.addresses.schemas import network_of
from horde_server.moderation.bans.schemas import account_number
from horde_server.requests.cancelling.answers import CancelledRequests

_ANONYMOUS = ("0", "Anonymous#0")


def routes(bulk_cancel: BulkCancel, door: Door) -> APIRouter:
    """Cancelling for moderators."""
    router = door.router("/api/v2/operations", tags=["v2"])

    @router.delete(
        "/requests",
        right=Right.MODERATE,
        operation_id="delete_operations_requests",
        response_model=CancelledRequests,
        responses=refusals(401, 403, 404),
    )
    async def cancel(
        caller: Caller,
        user: Annotated[str | None, Query(max_length=200)] = None,
        ipaddr: Annotated[str | None, Query(max_length=43)] = None,
        model: Annotated[str | None, Query(max_length=255)] = None,
        dry_run: bool = False,
    ) -> Response:
        """Cancel what waits of a user, from an address or block, or that names a model; with several, what fits all."""
        if not (user or ipaddr or model):
            raise BadRequest("Say whose requests: by user, ipaddr or model.")
        account_id = None
        if user:
            account_id = 0 if user in _ANONYMOUS else account_number(user)
        chosen = Chosen(account_id, network_of(ipaddr) if ipaddr else None)
        if model:
            chosen = bulk_cancel.naming(model, chosen)
        amount = await (bulk_cancel.count(chosen) if dry_run else bulk_cancel.cancel(chosen, actor_of(caller)))
        body = {"requests": amount.requests, "jobs": amount.jobs, "dry_run": dry_run}
        return json_response(msgspec.json.encode(body))

    return router.api
