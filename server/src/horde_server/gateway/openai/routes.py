"""`/v1`: parse, call, answer (gateway.md §2)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.services import Services
from horde_server.gateway.openai.dialect import encode
from horde_server.gateway.openai.embeddings import answer_embeddings
from horde_server.gateway.openai.images import OpenAIImages
from horde_server.gateway.openai.models import ModelList
from horde_server.gateway.openai.texts import OpenAITexts
from horde_server.http.body import json_response
from horde_server.http.parameters import Name
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller


def routes(services: Services, models: ModelList, texts: OpenAITexts, images: OpenAIImages) -> APIRouter:
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

    @router.post("/chat/completions", right=Right.ASK, shared_keys=True, hot=True, reads=Body.read)
    async def chat(request: Request, caller: Caller, body: Body) -> Response:
        """The next turn of a chat."""
        return await texts.chat(request, caller, body)

    @router.post("/completions", right=Right.ASK, shared_keys=True, hot=True, reads=Body.read)
    async def completion(request: Request, caller: Caller, body: Body) -> Response:
        """What comes after a prompt."""
        return await texts.completion(request, caller, body)

    @router.post("/embeddings", right=Right.ASK, shared_keys=True, hot=True, reads=Body.read)
    async def embeddings(request: Request, caller: Caller, body: Body) -> Response:
        """Texts as vectors."""
        return await answer_embeddings(services, request, caller, body)

    @router.post("/images/generations", right=Right.ASK, shared_keys=True, hot=True, reads=Body.read)
    async def generations(request: Request, caller: Caller, body: Body) -> Response:
        """Pictures of a prompt."""
        return await images.generation(request, caller, body)

    @router.post("/images/edits", right=Right.ASK, shared_keys=True, hot=True, reads=Body.read)
    async def edits(request: Request, caller: Caller, body: Body) -> Response:
        """Pictures that are another in part."""
        return await images.edit(request, caller, body)

    @router.post("/images/variations", right=Right.ASK, shared_keys=True, hot=True, reads=Body.read)
    async def variations(request: Request, caller: Caller, body: Body) -> Response:
        """Pictures like another."""
        return await images.edit(request, caller, body, "variation")

    return router.api
