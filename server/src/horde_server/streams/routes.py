"""`POST /generate/pieces/{id}`: what a worker has made of a job so far. Called ten times a second for each job."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.http.answers import Answer as Documented
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, parameter_documentation
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.streams.piece import Piece
from horde_server.streams.relay import Relay

_encode = msgspec.json.Encoder().encode


class PieceTaken(Documented):
    """What the horde has of a job, and whether it wants more."""

    next: int
    next_delta: int
    wanted: bool
    cancelled: bool
    interval_ms: int
    previews: bool = False


def routes(relay: Relay, door: Door) -> APIRouter:
    """The worker's side of streaming."""
    router = door.router("/api/v2/generate", tags=["v2"])
    documented = body_documentation(Piece, apikey="Of the worker's owner")
    documented["parameters"] += parameter_documentation("path", id="Of the job")["parameters"]

    @router.post(
        "/pieces/{id}",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        operation_id="post_job_pieces",
        response_model=PieceTaken,
        responses=refusals(401, 403, 404, 409, 413, 429),
        openapi_extra=documented,
    )
    async def take(request: Request, caller: Caller, body: Piece) -> Response:
        """Tell what has been made of a job since the last time; beyond the original API."""
        size_bytes = len(body.text) + len(body.preview) if not body.deltas else len(await request.body())
        answer = await relay.take(request.path_params["id"], body, size_bytes, caller)
        return json_response(_encode(answer))

    return router.api
