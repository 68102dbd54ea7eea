"""`/explain/…` and `/status/eta`: parse, call, answer."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import RequestId
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.requests.desk import RequestDesk
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.schemas import ImageRequest
from horde_server.requests.image.wire import asked as asked_image
from horde_server.requests.progress import parse_request_id
from horde_server.requests.reasons.answers import EtaAccuracies, RequestExplanation
from horde_server.requests.reasons.service import Reasoning
from horde_server.requests.styling import Styling
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.schemas import TextRequest
from horde_server.requests.text.wire import asked as asked_text

_encode = msgspec.json.Encoder().encode


def routes(
    reasoning: Reasoning,
    images: RequestDesk[ImageOrder],
    image_styling: Styling[ImageOrder],
    texts: RequestDesk[TextOrder],
    text_styling: Styling[TextOrder],
    door: Door,
) -> APIRouter:
    """For who knows the id of a request, who would ask for something, and for everybody."""
    router = door.router("/api/v2", tags=["v2"])

    @router.get(
        "/explain/{id}",
        right=Right.ANYBODY,
        operation_id="get_explanation",
        response_model=RequestExplanation,
        responses=refusals(404),
    )
    async def explain(request_id: RequestId) -> Response:
        """Why a request of any kind waits, what would make it possible, and when it will be done."""
        return json_response(_encode(await reasoning.explain(parse_request_id(request_id))))

    @router.post(
        "/explain/image",
        right=Right.ASK,
        shared_keys=True,
        operation_id="post_image_explanation",
        response_model=RequestExplanation,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(ImageRequest, apikey="Who would ask"),
    )
    async def consider_image(caller: Caller, body: ImageRequest) -> Response:
        """Whether images could be made now, what would make that possible, and when: nothing is asked for."""
        wish = asked_image(body)
        if body.style:
            wish, caller = await image_styling.applied(wish, body.style, caller)
        return json_response(_encode(await reasoning.consider("image", await images.considered(wish, caller))))

    @router.post(
        "/explain/text",
        right=Right.ASK,
        shared_keys=True,
        operation_id="post_text_explanation",
        response_model=RequestExplanation,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(TextRequest, apikey="Who would ask"),
    )
    async def consider_text(caller: Caller, body: TextRequest) -> Response:
        """Whether texts could be written now, what would make that possible, and when: nothing is asked for."""
        wish = asked_text(body)
        if body.style:
            wish, caller = await text_styling.applied(wish, body.style, caller)
        return json_response(_encode(await reasoning.consider("text", await texts.considered(wish, caller))))

    @router.get(
        "/status/eta",
        right=Right.ANYBODY,
        operation_id="get_eta_accuracy",
        response_model=EtaAccuracies,
        responses=refusals(),
    )
    async def accuracy() -> Response:
        """How well it was foretold in the last week when requests would be done."""
        return json_response(_encode(reasoning.accuracies()))

    return router.api
