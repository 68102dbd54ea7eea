"""What a worker's backend answered beside text, in Ollama's words (gateway-ollama.md §3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


def tool_calls(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The functions that the model calls. Ollama's arguments are an object, and its calls come whole."""
    message = told.get("message") or {}
    return [
        {"function": {"index": place, "name": call["function"]["name"], "arguments": _arguments(call)}}
        for place, call in enumerate(message.get("tool_calls") or ())
    ]


def logprobs(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How likely each token was, and which might have stood there."""
    found = told.get("logprobs") or {}
    return [
        {**_token(each), "top_logprobs": [_token(other) for other in each.get("top_logprobs") or ()]}
        for each in found.get("content") or ()
    ]


def _arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """What cannot be read as an object stands under a name of its own, so that nothing is lost."""
    written = call["function"].get("arguments") or "{}"
    try:
        found = msgspec.json.decode(written)
    except msgspec.DecodeError:
        return {"arguments": written}
    return found if isinstance(found, dict) else {"arguments": found}


def _token(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"token": told.get("token", ""), "logprob": told.get("logprob", 0.0), "bytes": told.get("bytes")}
