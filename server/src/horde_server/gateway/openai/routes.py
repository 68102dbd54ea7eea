"""`/v1`: parse, call, answer (gateway.md §2)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.gateway.common.services import Services
from horde_server.gateway.openai.dialect import encode
from horde_server.gateway.openai.models import ModelList
from horde_server.http.body import json_response
from horde_server.http.parameters import Name
from horde_server.http.rights import Right


def routes(services: Services, models: ModelList) -> APIRouter:
    """What programs that speak OpenAI's API ask."""
    router = services.door.router("/v1", include_in_schema=False)

    @router.get("", right=Right.ANYBODY)
    async def front(request: Request) -> Response:
        """For who opens it in a browser."""
        page = f"{services.public_address(request)}/api/"
        return json_response(encode({"object": "openhorde", "documentation": page}))

    @router.get("/models", right=Right.ANYBODY_NAMED, shared_keys=True, hot=True)
    async def list_models(request: Request) -> Response:
        """What is served now."""
        return models.answer(request)

    @router.get("/models/{model_name:path}", right=Right.ANYBODY_NAMED, shared_keys=True)
    async def model(model_name: Name) -> Response:
        """One of them."""
        return models.one(model_name)

    return router.api
