"""`/generate/text/async` and `/generate/text/status/{id}`: parse, call, answer. Clients poll the status itself."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
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
from horde_server.http.unknown_fields import slips
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.admission import Caller
from horde_server.requests.answers import RequestAsync
from horde_server.requests.desk import RequestDesk
from horde_server.requests.face import accepted, answered, encode, patience_of, quoted, raise_limits
from horde_server.requests.progress import parse_request_id
from horde_server.requests.text.answers import RequestStatusKobold
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.schemas import TextRequest
from horde_server.requests.text.status import text_status
from horde_server.requests.text.wire import asked


def routes(
    desk: RequestDesk[TextOrder],
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
        raise_limits(limits, caller)
        wish = asked(body)
        if body.dry_run:
            price = await desk.quote(wish, caller)
            return quoted(round(price.total_hundredths / 100), {})
        ticket = await desk.submit(wish, caller)
        return accepted(ticket, slips(body, body.params), kudos=round(ticket.price.total_hundredths / 100))

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
        found, patience = parse_request_id(request.path_params["id"]), patience_of(request)
        if patience:
            await desk.follow(found, patience)
        return answered(encode(await text_status(desk, found)), patience)

    @router.delete(
        "/status/{id}",
        operation_id="delete_text_async_status",
        response_model=RequestStatusKobold,
        responses=refusals(404),
    )
    async def cancel(request_id: RequestId) -> Response:
        """Cancel what still waits; answers the status as it was just before."""
        found = parse_request_id(request_id)
        before = await text_status(desk, found)
        await desk.cancel(found)
        return json_response(encode(before))

    return router
