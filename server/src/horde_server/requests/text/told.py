"""What a worker tells of a text beside the text, as it is kept (capabilities.md §4)."""

from __future__ import annotations

from typing import Final

import msgspec

from horde_server.dispatch.submission import NOTHING_TOLD, Told
from horde_server.requests.text.worker_schemas import TextSubmit

_KEYS: Final = frozenset(("finish_reason", "tokens", "usage", "message", "logprobs"))


def told(body: TextSubmit) -> Told:
    """The keys that were sent, as JSON."""
    if _KEYS.isdisjoint(body.model_fields_set):  # most
        return NOTHING_TOLD
    found = body.model_dump(include=set(_KEYS), exclude_none=True)
    if not found:
        return NOTHING_TOLD
    return Told(msgspec.json.encode(found).decode(), _characters_of_calls(body))


def _characters_of_calls(body: TextSubmit) -> int:
    """Of the functions that the model called: it wrote them token by token, as it writes text."""
    calls = body.message.tool_calls if body.message else None
    return sum(len(call.function.name) + len(call.function.arguments) for call in calls or ())
