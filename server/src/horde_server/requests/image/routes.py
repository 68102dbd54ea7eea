"""`/generate/async`, `/generate/check/{id}`, `/generate/status/{id}`: parse, call, answer."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.blobs.store import BlobStore
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import Entry
from horde_server.dispatch.store import Generation
from horde_server.errors import RequestNotFound
from horde_server.http.answers import add_warnings, refusals
from horde_server.http.body import (
    body_documentation,
    json_response,
    parameter_documentation,
    read_body,
    required_apikey,
)
from horde_server.http.client_agent import client_agent_of, names_no_program
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.parameters import RequestId
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.rate_limits import RateLimits
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.requests.admission import Caller
from horde_server.requests.answers import RequestAsync, RequestStatusCheck
from horde_server.requests.image.answers import RequestStatusStable
from horde_server.requests.image.intake import ImageIntake
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.oversights import oversights
from horde_server.requests.image.results import described
from horde_server.requests.image.schemas import ImageRequest
from horde_server.requests.pictures.result_links import ResultLinks
from horde_server.requests.progress import generation_state, parse_request_id, progress
from horde_server.requests.prospects import NO_WORKER_CODE

_encode = msgspec.json.Encoder().encode


def routes(
    intake: ImageIntake,
    dispatcher: Dispatcher[ImageOrder],
    accounts: AccountDirectory,
    blobs: BlobStore,
    links: ResultLinks,
    addresses: AddressTimeouts,
    limits: RateLimits | None,
    hot: HotRoutes,
) -> APIRouter:
    """The requester's side of image generation."""
    router = APIRouter(prefix="/api/v2/generate", tags=["v2"])

    @router.post(
        "/async",
        status_code=202,
        operation_id="post_image_async_generate",
        response_model=RequestAsync,
        responses={200: {"model": RequestAsync, "description": "A dry run: the price"}, **refusals(401, 403, 404, 413)},
        openapi_extra=body_documentation(
            ImageRequest, apikey="Whose request it is", Client_Agent="The program that asks: name:version:contact"
        ),
    )
    @hot.add("POST", "/api/v2/generate/async")
    async def submit_request(request: Request) -> Response:
        """Ask for images; they are made by a worker and fetched with the returned id."""
        body = await read_body(request, ImageRequest)
        client_agent = client_agent_of(request)
        account = await accounts.by_key(required_apikey(request.headers.get("apikey")))
        caller = Caller(account, request.state.client_address, client_agent)
        if limits is not None and account is not None and (account.trusted or account.education or account.service):
            limits.trust(caller.address)
        if body.dry_run:
            quoted: dict[str, Any] = {"kudos": await intake.quote(body, caller)}
            add_warnings(quoted, oversights(body))
            return json_response(_encode(quoted))
        ticket = await intake.submit(body, caller, links.base_url(request) if body.webhook else "")
        answer: dict[str, Any] = {"id": str(ticket.id), "kudos": ticket.kudos}
        if NO_WORKER_CODE in ticket.warnings:
            answer["message"] = ticket.warnings[NO_WORKER_CODE]
        add_warnings(answer, ticket.warnings)
        add_warnings(answer, oversights(body))
        return json_response(_encode(answer), 202)

    @router.get(
        "/check/{id}",
        operation_id="get_image_async_check",
        response_model=RequestStatusCheck,
        responses=refusals(403, 404),
    )
    async def check(request: Request, request_id: RequestId) -> Response:
        """How far a request is, without its images."""
        if names_no_program(request.scope):
            addresses.refuse_nameless(request.state.client_address)
        entry = await dispatcher.find(parse_request_id(request_id))
        if entry is None:
            raise RequestNotFound
        return json_response(_encode(progress(entry, dispatcher.queue)))

    @router.get(
        "/status/{id}",
        operation_id="get_image_async_status",
        response_model=RequestStatusStable,
        responses=refusals(404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    @hot.add("GET", "/api/v2/generate/status/{id}")
    async def status(request: Request) -> Response:
        """How far a request is, with the images delivered so far."""
        return json_response(await full_status(request, parse_request_id(request.path_params["id"])))

    @router.delete(
        "/status/{id}",
        operation_id="delete_image_async_status",
        response_model=RequestStatusStable,
        responses=refusals(404),
    )
    async def cancel(request: Request, request_id: RequestId) -> Response:
        """Cancel what still waits; answers the status as it was just before."""
        found = parse_request_id(request_id)
        before = await full_status(request, found)
        await dispatcher.cancel(found)
        return json_response(before)

    async def full_status(request: Request, request_id: UUID) -> bytes:
        found = await dispatcher.status(request_id)
        if found is None:
            raise RequestNotFound
        entry, generations = found
        answer = progress(entry, dispatcher.queue)
        images = await images_of(request, entry, [made.result for made in generations])
        answer["generations"] = [_generation_body(made, image) for made, image in zip(generations, images, strict=True)]
        answer["shared"] = entry.order.shared
        return _encode(answer)

    async def images_of(request: Request, entry: Entry[ImageOrder], keys: list[str]) -> list[str]:
        """What clients see as `img`: links, or the images themselves."""
        if entry.order.r2:
            return [await links.download(key, request) for key in keys]
        if not keys:
            return []
        return [base64.b64encode(data).decode() if data is not None else "N/A" for data in await blobs.get_all(keys)]

    return router


def _generation_body(made: Generation, image: str) -> dict[str, Any]:
    told = described(made)
    state = generation_state(told["gen_metadata"], censored=made.censored)
    return {"img": image, "seed": str(made.seed), **told, "state": state}
