"""`/api/embed`, and `/api/embeddings` as it was before (embeddings.md §5.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.embedding import Embedded, Embedding, ask_embedding, dimensions_of, inputs_of
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.ollama.dialect import encode
from horde_server.http.body import json_response
from horde_server.identity.caller import Caller

_NS_PER_S = 1_000_000_000


async def answer_embed(services: Services, request: Request, caller: Caller, body: Body) -> Response:
    """Vectors of one text or several; of none there are none, as programs ask so to have a model loaded."""
    model = body.text("model")
    if not body.get("input"):
        return json_response(encode({"model": model, "embeddings": []}))
    asked = await ask_embedding(services, request, caller, body, inputs_of(body, "input"), dimensions_of(body))

    def told(found: Embedded) -> dict[str, Any]:
        return {
            "model": model or found.made["model"],
            "total_duration": max(round(found.waited_s * _NS_PER_S), 1),
            "load_duration": 1,
            "prompt_eval_count": found.tokens,
            "embeddings": found.floats(),
        }

    return await patient(_whole(asked, told), request, services.settings, asked.headers)


async def answer_embeddings(services: Services, request: Request, caller: Caller, body: Body) -> Response:
    """The vector of one text."""
    if not body.get("prompt"):
        return json_response(encode({"embedding": []}))
    asked = await ask_embedding(services, request, caller, body, [body.needed_text("prompt")], None)
    whole = _whole(asked, lambda found: {"embedding": found.floats()[0]})
    return await patient(whole, request, services.settings, asked.headers)


async def _whole(asked: Embedding, told: Callable[[Embedded], dict[str, Any]]) -> Response:
    found = await asked.made()
    response = json_response(await found.written(lambda: encode(told(found))))
    response.headers.update(asked.headers)
    return response
