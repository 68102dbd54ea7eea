"""`POST /generate/check`: parse, call, answer (events.md §1)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation
from horde_server.http.client_agent import names_no_program
from horde_server.http.rights import Right
from horde_server.identity.door import Door
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.requests.answers import RequestStatusCheck
from horde_server.requests.checking.schemas import ManyChecks
from horde_server.requests.checking.service import Checks
from horde_server.requests.face import answered, encode, patience_of


def routes(checks: Checks, addresses: AddressTimeouts, door: Door) -> APIRouter:
    """Many checks in one call."""
    router = door.router("/api/v2/generate", tags=["v2"])

    @router.post(
        "/check",
        right=Right.ANYBODY,
        hot=True,
        operation_id="post_many_checks",
        response_model=dict[str, RequestStatusCheck | None],
        responses=refusals(403, 413),
        openapi_extra=body_documentation(ManyChecks),
    )
    async def check(request: Request, body: ManyChecks) -> Response:
        """How far many requests are, of images, texts and alchemy, by their ids; null for those that are not there."""
        if names_no_program(request.scope):
            addresses.refuse_nameless(request.state.client_address)
        patience = patience_of(request)
        return answered(encode(await checks.look(dict.fromkeys(body.ids), patience)), patience)

    return router.api
