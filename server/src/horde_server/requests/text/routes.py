"""`/generate/text/async` and `/generate/text/status/{id}`: parse, call, answer. Clients poll the status itself."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, parameter_documentation
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.etags import known_tags
from horde_server.http.parameters import RequestId
from horde_server.http.rights import Right
from horde_server.http.unknown_fields import slips
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.answers import RequestAsync
from horde_server.requests.desk import RequestDesk
from horde_server.requests.face import (
    accepted,
    answered,
    encode,
    made_in_time,
    patience_of,
    patience_with,
    quoted,
    raise_limits,
)
from horde_server.requests.progress import parse_request_id
from horde_server.requests.styling import Styling
from horde_server.requests.text.answers import RequestStatusKobold
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.schemas import TextRequest
from horde_server.requests.text.status import tagged_status, text_status
from horde_server.requests.text.wire import asked


def routes(
    desk: RequestDesk[TextOrder],
    styling: Styling[TextOrder],
    limits: RateLimits | None,
    door: Door,
) -> APIRouter:
    """The requester's side of text generation."""
    router = door.router("/api/v2/generate/text", tags=["v2"])

    @router.post(
        "/async",
        right=Right.ASK,
        unknown_key=ASKED_LATER,
        deleted_user=ASKED_LATER,  # refused in its turn (requests.md §3.6)
        shared_keys=True,
        hot=True,
        status_code=202,
        operation_id="post_text_async_generate",
        response_model=RequestAsync,
        responses={200: {"model": RequestAsync, "description": "A dry run: the price"}, **refusals(401, 403, 404, 413)},
        openapi_extra=body_documentation(
            TextRequest, apikey="Whose request it is", Client_Agent="The program that asks: name:version:contact"
        ),
    )
    async def submit_request(request: Request, caller: Caller, body: TextRequest) -> Response:
        """Ask for texts; they are written by a worker and fetched with the returned id."""
        raise_limits(limits, caller)
        wish = asked(body)
        if body.style:
            wish, caller = await styling.applied(wish, body.style, caller)
        if body.dry_run:
            price = await desk.quote(wish, caller)
            return quoted(round(price.total_hundredths / 100), {})
        ticket = await desk.submit(wish, caller)
        remarks = slips(body, body.params)
        taken = accepted(ticket, remarks, kudos=round(ticket.price.total_hundredths / 100))
        if not (patience := patience_with(request)):
            return taken
        return await made_in_time(ticket, remarks, desk, partial(text_status, desk), patience, otherwise=taken)

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
        found, patience, known = (
            parse_request_id(request.path_params["id"]),
            patience_of(request),
            known_tags(request.scope),
        )
        if patience:
            await desk.follow(found, patience, known)
        told, tag = await tagged_status(desk, found)
        return answered(encode(told), patience, tag, known)

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
        before = await text_status(desk, found)
        await desk.cancel(found)
        return json_response(encode(before))

    return router.api
