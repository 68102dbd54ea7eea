"""`POST /generate/rate/{id}`: aesthetic ratings of finished images (requests.md §13).

The original takes ratings of shared requests only, and shares none any more. So they are refused here as there, in the
same order; nothing is kept and no rating server is asked. Where an operator shares images, they are not rated either.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.errors import HordeError, RequestNotFound
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, read_body
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.examples import EXAMPLE_ID
from horde_server.http.parameters import RequestId
from horde_server.http.rights import Right
from horde_server.http.wire_types import Items, Text, Whole
from horde_server.requests.answers import GenerationSubmitted
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.progress import parse_request_id

ImageId = Annotated[str, Text(36, least=36)]


class AestheticsNotCompleted(HordeError):
    """This request is not done yet: rate its images when all are there."""

    rc = "AestheticsNotCompleted"


class AestheticsNotPublic(HordeError):
    """The images of this request are not shared: only shared ones are rated."""

    rc = "AestheticsNotPublic"


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Rating(_Wire):
    """What somebody thinks of one image."""

    model_config = ConfigDict(title="AestheticRating")

    id: ImageId
    rating: Annotated[int, Whole(1, 10)]
    artifacts: Annotated[int, Whole(0, 5)] = 0


class Ratings(_Wire):
    """The body: the best image, ratings of single ones, or both."""

    model_config = ConfigDict(title="AestheticsPayload", json_schema_extra={"example": {"best": EXAMPLE_ID}})

    best: ImageId = ""
    ratings: Annotated[list[Rating], Items(100)] = []


def routes(dispatcher: Dispatcher[ImageOrder]) -> APIRouter:
    """Ratings."""
    router = DeclaredRouter("/api/v2/generate", tags=["v2"])

    @router.post(
        "/rate/{id}",
        right=Right.ANYBODY,
        operation_id="post_aesthetics",
        response_model=GenerationSubmitted,
        responses=refusals(404, 413),
        openapi_extra=body_documentation(Ratings),
    )
    async def rate(request: Request, request_id: RequestId) -> Response:
        """Rate the images of a request: refused."""
        await read_body(request, Ratings)
        entry = await dispatcher.find(parse_request_id(request_id))
        if entry is None:
            raise RequestNotFound
        if not entry.state.is_done:
            raise AestheticsNotCompleted
        if entry.order.shared:
            raise AestheticsNotPublic("This horde takes no ratings, not even of shared images.")
        raise AestheticsNotPublic

    return router.api
