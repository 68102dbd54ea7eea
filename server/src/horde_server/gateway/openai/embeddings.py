"""`/v1/embeddings` (embeddings.md §5.1)."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.embedding import Embedded, Embedding, ask_embedding, dimensions_of, inputs_of
from horde_server.gateway.common.errors import BadField
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.openai.dialect import encode
from horde_server.http.body import json_response
from horde_server.identity.caller import Caller


async def answer_embeddings(services: Services, request: Request, caller: Caller, body: Body) -> Response:
    """Vectors of the texts in `input`: as numbers, or as base64, as OpenAI's own programs ask for them."""
    form = body.text("encoding_format", default="float")
    if form not in ("float", "base64"):
        raise BadField("encoding_format", "encoding_format is neither float nor base64.")
    texts, dimensions = inputs_of(body, "input"), dimensions_of(body)
    asked = await ask_embedding(services, request, caller, body, texts, dimensions)
    return await patient(_whole(asked, as_base64=form == "base64"), request, services.settings, asked.headers)


async def _whole(asked: Embedding, *, as_base64: bool) -> Response:
    found = await asked.made()
    response = json_response(await found.written(lambda: encode(_answer(found, as_base64=as_base64))))
    response.headers["openai-processing-ms"] = str(round(found.waited_s * 1000))
    response.headers.update(asked.headers)
    return response


def _answer(found: Embedded, *, as_base64: bool) -> dict[str, Any]:
    vectors: list[Any] = list(found.made["vectors"]) if as_base64 else list(found.floats())
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)],
        "model": found.made["model"],
        "usage": {"prompt_tokens": found.tokens, "total_tokens": found.tokens},
        "horde": found.horde,
    }
