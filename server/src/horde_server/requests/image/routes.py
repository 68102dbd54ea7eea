"""`/generate/async`, `/generate/check/{id}`, `/generate/status/{id}`: parse, call, answer."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, parameter_documentation
from horde_server.http.client_agent import names_no_program
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.etags import known_tags
from horde_server.http.parameters import RequestId
from horde_server.http.public_address import PublicAddress
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.identity.rate_limits import RateLimits
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.requests.answers import RequestAsync, RequestStatusCheck
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
from horde_server.requests.image.answers import RequestStatusStable
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.oversights import oversights
from horde_server.requests.image.schemas import ImageRequest
from horde_server.requests.image.status import ImageStatuses
from horde_server.requests.image.wire import asked
from horde_server.requests.progress import parse_request_id
from horde_server.requests.styling import Styling


def routes(
    desk: RequestDesk[ImageOrder],
    styling: Styling[ImageOrder],
    statuses: ImageStatuses,
    public_address: PublicAddress,
    addresses: AddressTimeouts,
    limits: RateLimits | None,
    door: Door,
) -> APIRouter:
    """The requester's side of image generation."""
    router = door.router("/api/v2/generate", tags=["v2"])

    @router.post(
        "/async",
        right=Right.ASK,
        unknown_key=ASKED_LATER,
        deleted_user=ASKED_LATER,  # refused in its turn (requests.md §3.6)
        shared_keys=True,
        hot=True,
        status_code=202,
        operation_id="post_image_async_generate",
        response_model=RequestAsync,
        responses={200: {"model": RequestAsync, "description": "A dry run: the price"}, **refusals(401, 403, 404, 413)},
        openapi_extra=body_documentation(
            ImageRequest, apikey="Whose request it is", Client_Agent="The program that asks: name:version:contact"
        ),
    )
    async def submit_request(request: Request, caller: Caller, body: ImageRequest) -> Response:
        """Ask for images; they are made by a worker and fetched with the returned id."""
        raise_limits(limits, caller)
        wish = asked(body, public_address(request) if body.webhook else "")
        if body.style:
            wish, caller = await styling.applied(wish, body.style, caller)
        if body.dry_run:
            price = await desk.quote(wish, caller)
            return quoted(round(price.total_hundredths / 100), oversights(body))
        ticket = await desk.submit(wish, caller)
        remarks = oversights(body)
        taken = accepted(ticket, remarks, kudos=round(ticket.price.base_hundredths / 100))
        if not (patience := patience_with(request)):
            return taken
        status = partial(statuses.of, base_url=public_address(request))
        return await made_in_time(ticket, remarks, desk, status, patience, otherwise=taken)

    @router.get(
        "/check/{id}",
        right=Right.ANYBODY,
        hot=True,
        operation_id="get_image_async_check",
        response_model=RequestStatusCheck,
        responses=refusals(403, 404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    async def check(request: Request) -> Response:
        """How far a request is, without its images."""
        if names_no_program(request.scope):
            addresses.refuse_nameless(request.state.client_address)
        found, patience, known = (
            parse_request_id(request.path_params["id"]),
            patience_of(request),
            known_tags(request.scope),
        )
        if patience:
            await desk.follow(found, patience, known)
        told, tag = await desk.seen(found)
        return answered(encode(told), patience, tag, known)

    @router.get(
        "/status/{id}",
        right=Right.ANYBODY,
        hot=True,
        operation_id="get_image_async_status",
        response_model=RequestStatusStable,
        responses=refusals(404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    async def status(request: Request) -> Response:
        """How far a request is, with the images delivered so far."""
        found, patience, known = (
            parse_request_id(request.path_params["id"]),
            patience_of(request),
            known_tags(request.scope),
        )
        if patience:
            await desk.follow(found, patience, known)
        told, tag = await statuses.tagged(found, public_address(request))
        return answered(encode(told), patience, tag, known)

    @router.delete(
        "/status/{id}",
        right=Right.ANYBODY,
        operation_id="delete_image_async_status",
        response_model=RequestStatusStable,
        responses=refusals(404),
    )
    async def cancel(request: Request, request_id: RequestId) -> Response:
        """Cancel what still waits; answers the status as it was just before."""
        found = parse_request_id(request_id)
        before = await statuses.of(found, public_address(request))
        await desk.cancel(found)
        return json_response(encode(before))

    return router.api
