"""Asking a model for JSON in words: of a model that was told of it more answers are some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from horde_server.gateway.common.messages import Message, of_text

JSON_ALONE: Final = "Answer with one JSON object and nothing else."


def asking_for_json(messages: Sequence[Message]) -> list[Message]:
    """The messages with a sentence that says so, unless JSON is spoken of in them already."""
    if any("json" in message.text.lower() for message in messages):
        return list(messages)
    head, *rest = messages
    if head.role == "system":
        return [of_text("system", f"{head.text}\n\n{JSON_ALONE}"), *rest]
    return [of_text("system", JSON_ALONE), *messages]
