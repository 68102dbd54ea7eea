"""`/generate/text/async` and `/generate/text/status/{id}`: parse, call, answer. Clients poll the status itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.errors import RequestNotFound
from horde_server.http.answers import add_warnings, refusals
from horde_server.http.body import (
    body_documentation,
    json_response,
    parameter_documentation,
    read_body,
    required_apikey,
)
from horde_server.http.client_agent import client_agent_of
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.parameters import RequestId
from horde_server.http.unknown_fields import UNKNOWN_FIELD_CODE, unknown_field_warning
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.admission import Caller
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
    accounts: AccountDirectory,
    limits: RateLimits | None,
    hot: HotRoutes,
) -> APIRouter:
    """The requester's side of text generation."""
    router = APIRouter(prefix="/api/v2/generate/text", tags=["v2"])

    @router.post(
        "/async",
        status_code=202,
        operation_id="post_text_async_generate",
        response_model=RequestAsync,
        responses={200: {"model": RequestAsync, "description": "A dry run: the price"}, **refusals(401, 403, 404, 413)},
        openapi_extra=body_documentation(
            TextRequest, apikey="Whose request it is", Client_Agent="The program that asks: name:version:contact"
        ),
    )
    @hot.add("POST", "/api/v2/generate/text/async")
    async def submit_request(request: Request) -> Response:
        """Ask for texts; they are written by a worker and fetched with the returned id."""
        body = await read_body(request, TextRequest)
        client_agent = client_agent_of(request)
        account = await accounts.by_key(required_apikey(request.headers.get("apikey")))
        caller = Caller(account, request.state.client_address, client_agent)
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
        operation_id="get_text_async_status",
        response_model=RequestStatusKobold,
        responses=refusals(404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    @hot.add("GET", "/api/v2/generate/text/status/{id}")
    async def status(request: Request) -> Response:
        """How far a request is, with the texts delivered so far."""
        return json_response(await full_status(parse_request_id(request.path_params["id"])))

    @router.delete(
        "/status/{id}",
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

    return router
