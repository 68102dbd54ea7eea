"""`/generate/text/async` and `/generate/text/status/{id}`: parse, call, answer. Clients poll the status itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.errors import RequestNotFound
from horde_server.http.answers import add_warnings, refusals
from horde_server.http.body import body_documentation, json_response, parameter_documentation
from horde_server.http.declared_routes import ASKED_LATER, Right
from horde_server.http.parameters import RequestId
from horde_server.http.unknown_fields import UNKNOWN_FIELD_CODE, unknown_field_warning
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.answers import RequestAsync
from horde_server.requests.progress import parse_request_id, progress
from horde_server.requests.prospects import NO_WORKER_CODE
from horde_server.requests.text.answers import RequestStatusKobold
from horde_server.requests.text.intake import TextIntake
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.results import described
from horde_server.requests.text.schemas import TextRequest

_encode = msgspec.json.Encoder().encode


def routes(
    intake: TextIntake,
    dispatcher: Dispatcher[TextOrder],
    limits: RateLimits | None,
    door: Door,
) -> APIRouter:
    """The requester's side of text generation."""
    router = door.router("/api/v2/generate/text", tags=["v2"])

    @router.post(
        "/async",
        right=Right.ASK,
        unknown_key=ASKED_LATER,
        hot=True,
        status_code=202,
        operation_id="post_text_async_generate",
        response_model=RequestAsync,
        responses={200: {"model": RequestAsync, "description": "A dry run: the price"}, **refusals(401, 403, 404, 413)},
        openapi_extra=body_documentation(
            TextRequest, apikey="Whose request it is", Client_Agent="The program that asks: name:version:contact"
        ),
    )
    async def submit_request(caller: Caller, body: TextRequest) -> Response:
        """Ask for texts; they are written by a worker and fetched with the returned id."""
        account = caller.account
        if limits is not None and account is not None and (account.trusted or account.education or account.service):
            limits.trust(caller.address)
        if body.dry_run:
            return json_response(_encode({"kudos": await intake.quote(body, caller)}))
        ticket = await intake.submit(body, caller)
        answer: dict[str, Any] = {"id": str(ticket.id), "kudos": ticket.kudos}
        if NO_WORKER_CODE in ticket.warnings:
            answer["message"] = ticket.warnings[NO_WORKER_CODE]
        add_warnings(answer, ticket.warnings)
        if unknown := unknown_field_warning(body, body.params):
            add_warnings(answer, {UNKNOWN_FIELD_CODE: unknown})
        return json_response(_encode(answer), 202)

    @router.get(
        "/status/{id}",
        right=Right.ANYBODY,
        hot=True,
        operation_id="get_text_async_status",
        response_model=RequestStatusKobold,
        responses=refusals(404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    async def status(request: Request) -> Response:
        """How far a request is, with the texts delivered so far."""
        return json_response(await full_status(parse_request_id(request.path_params["id"])))

    @router.delete(
        "/status/{id}",
        right=Right.ANYBODY,
        operation_id="delete_text_async_status",
        response_model=RequestStatusKobold,
        responses=refusals(404),
    )
    async def cancel(request_id: RequestId) -> Response:
        """Cancel what still waits; answers the status as it was just before."""
        found = parse_request_id(request_id)
        before = await full_status(found)
        await dispatcher.cancel(found)
        return json_response(before)

    async def full_status(request_id: UUID) -> bytes:
        found = await dispatcher.status(request_id)
        if found is None:
            raise RequestNotFound
        entry, generations = found
        answer = progress(entry, dispatcher.queue)
        answer["generations"] = [described(made) for made in generations]
        return _encode(answer)

    return router.api
