"""Deltas of OpenAI's API: made smaller where one is too large for a call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_TEXTS: Final = ("content", "reasoning_content", "reasoning", "refusal")
_LEAST_CHARACTERS: Final = 64


def pieces_of(delta: Mapping[str, Any], most_bytes: int) -> Iterator[Mapping[str, Any]]:
    """The delta; or several that come to the same, where its texts or the arguments of a call are too long for one."""
    if len(json.dumps(delta, ensure_ascii=False).encode("utf-8", "replace")) <= most_bytes:
        yield delta
        return
    length = max(most_bytes // 8, _LEAST_CHARACTERS)  # of characters: each has four bytes at most, escaped six
    rest = dict(delta)
    texts = {name: rest.pop(name) for name in _TEXTS if isinstance(rest.get(name), str)}
    calls = rest.pop("tool_calls", None)
    if rest:
        yield rest
    for name, text in texts.items():
        for begin in range(0, len(text), length):
            yield {name: text[begin : begin + length]}
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping):
            yield from _call_in_pieces(call, length)


def _call_in_pieces(call: Mapping[str, Any], length: int) -> Iterator[Mapping[str, Any]]:
    function = call.get("function")
    arguments = function.get("arguments") if isinstance(function, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(arguments, str) or len(arguments) <= length:
        yield {"tool_calls": [dict(call)]}
        return
    yield {"tool_calls": [{**call, "function": {**function, "arguments": arguments[:length]}}]}
    for begin in range(length, len(arguments), length):
        piece = {"arguments": arguments[begin : begin + length]}
        yield {"tool_calls": [{"index": call.get("index", 0), "function": piece}]}
