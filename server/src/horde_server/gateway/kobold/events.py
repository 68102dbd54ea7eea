"""The answers of generating as bytes: a stream of server-sent events, or one object (gateway-kobold.md §3.1, §3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def token(text: str, finish_reason: str | None = None) -> bytes:
    """A part of the text; the last one is empty and says why it ended."""
    return _event({"token": text, "finish_reason": finish_reason})


def failure(message: str) -> bytes:
    """What went wrong after the start; the connection ends with it."""
    return _event({"token": "", "finish_reason": "error", "error": {"msg": message}})


def _event(data: dict[str, Any]) -> bytes:
    return b"event: message\ndata: " + _encode(data) + b"\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One text."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


def results(found: Iterable[Result]) -> bytes:
    """The whole answer of `POST /api/v1/generate`."""
    return _encode(
        {
            "results": [
                {
                    "text": each.text,
                    "finish_reason": each.finish_reason,
                    "prompt_tokens": each.prompt_tokens,
                    "completion_tokens": each.completion_tokens,
                }
                for each in found
            ]
        }
    )
