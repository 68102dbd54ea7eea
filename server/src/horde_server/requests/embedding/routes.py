"""`/generate/embedding/async` and `/generate/embedding/status/{id}`: parse, call, answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, parameter_documentation
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.parameters import RequestId
from horde_server.http.rights import Right
from horde_server.http.unknown_fields import slips
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.answers import RequestAsync
from horde_server.requests.desk import RequestDesk
from horde_server.requests.embedding.answers import EmbeddingRequestStatus
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.schemas import EmbeddingRequest
from horde_server.requests.embedding.status import embedding_status
from horde_server.requests.embedding.wire import asked
from horde_server.requests.face import accepted, answered, encode, patience_of, quoted, raise_limits
from horde_server.requests.progress import parse_request_id


def routes(desk: RequestDesk[EmbeddingOrder], limits: RateLimits | None, door: Door) -> APIRouter:
    """The requester's side of embeddings."""
    router = door.router("/api/v2/generate/embedding", tags=["v2"])

    @router.post(
        "/async",
        right=Right.ASK,
        unknown_key=ASKED_LATER,
        deleted_user=ASKED_LATER,  # refused in its turn (requests.md §3.6)
        shared_keys=True,
        hot=True,
        status_code=202,
        operation_id="post_embedding_async_generate",
        response_model=RequestAsync,
        responses={200: {"model": RequestAsync, "description": "A dry run: the price"}, **refusals(401, 403, 404, 413)},
        openapi_extra=body_documentation(
            EmbeddingRequest, apikey="Whose request it is", Client_Agent="The program that asks: name:version:contact"
        ),
    )
    async def submit_request(caller: Caller, body: EmbeddingRequest) -> Response:
        """Ask for texts as vectors; they are made by a worker and fetched with the returned id."""
        raise_limits(limits, caller)
        wish = asked(body)
        if body.dry_run:
            price = await desk.quote(wish, caller)
            return quoted(price.total_hundredths / 100, {})
        ticket = await desk.submit(wish, caller)
        return accepted(ticket, slips(body), kudos=ticket.price.total_hundredths / 100)

    @router.get(
        "/status/{id}",
        right=Right.ANYBODY,
        hot=True,
        operation_id="get_embedding_async_status",
        response_model=EmbeddingRequestStatus,
        responses=refusals(404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    async def status(request: Request) -> Response:
        """How far a request is, with its vectors once they are there."""
        found, patience = parse_request_id(request.path_params["id"]), patience_of(request)
        if patience:
            await desk.follow(found, patience)
        return answered(encode(await embedding_status(desk, found)), patience)

    @router.delete(
        "/status/{id}",
        right=Right.ANYBODY,
        operation_id="delete_embedding_async_status",
        response_model=EmbeddingRequestStatus,
        responses=refusals(404),
    )
    async def cancel(request_id: RequestId) -> Response:
        """Cancel what still waits; answers the status as it was just before."""
        found = parse_request_id(request_id)
        before = await embedding_status(desk, found)
        await desk.cancel(found)
        return json_response(encode(before))

    return router.api
