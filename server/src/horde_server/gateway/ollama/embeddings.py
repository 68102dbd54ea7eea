"""`/api/embed`, and `/api/embeddings` as it was before (embeddings.md §5.2)."""

from __future__ import annotations

from fastapi import Request, Response

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.embedding import dimensions_of, embedded, inputs_of
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
    found = await embedded(services, request, caller, body, inputs_of(body, "input"), dimensions_of(body))
    answer = {
        "model": model or found.made["model"],
        "total_duration": max(round(found.waited_s * _NS_PER_S), 1),
        "load_duration": 1,
        "prompt_eval_count": found.tokens,
    }
    raw = await found.written(lambda: encode({**answer, "embeddings": found.floats()}))
    return _with_headers(json_response(raw), found.headers)


async def answer_embeddings(services: Services, request: Request, caller: Caller, body: Body) -> Response:
    """The vector of one text."""
    if not body.get("prompt"):
        return json_response(encode({"embedding": []}))
    found = await embedded(services, request, caller, body, [body.needed_text("prompt")], None)
    raw = await found.written(lambda: encode({"embedding": found.floats()[0]}))
    return _with_headers(json_response(raw), found.headers)


def _with_headers(response: Response, headers: dict[str, str]) -> Response:
    response.headers.update(headers)
    return response
