"""Ollama's shape of refusals: one sentence (gateway-ollama.md §4)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import Refusal

encode = msgspec.json.Encoder().encode


class OllamaDialect:
    """A `Dialect`."""

    name = "ollama"

    def error(self, refusal: Refusal) -> Response:
        """`{"error": "…"}`, and what the horde calls it beside."""
        return Response(encode(error_object(refusal)), refusal.status, media_type=JSON_TYPE)


def error_object(refusal: Refusal) -> dict[str, Any]:
    """Of an answer, or the last line of a stream."""
    told = {"error": refusal.message}
    return told if refusal.code is None else {**told, "code": refusal.code}
