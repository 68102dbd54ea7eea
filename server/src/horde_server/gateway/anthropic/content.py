"""Messages in Anthropic's shape, read into those that all dialects share (gateway-anthropic.md §2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField, UnsupportedValue
from horde_server.gateway.common.messages import Message, Part, Picture, Text, ToolCall, ToolResult, joined
from horde_server.requests.text.chat_checks import MOST_MESSAGES

MOST_BLOCKS: Final = 2048
"""In one message."""
MOST_PICTURE_CHARACTERS: Final = 32 * 1024 * 1024
MOST_ID_CHARACTERS: Final = 255
_ROLES: Final = ("user", "assistant", "system")
_DROPPED: Final = frozenset({"thinking", "redacted_thinking"})


def read_messages(body: Body) -> list[Message]:
    """`system` and `messages`, with neighbours of one role as one message. Raises `BadField`."""
    sent = body.items("messages", most=MOST_MESSAGES)
    if not sent:
        raise MissingField("messages")
    messages = list(_system(body))
    for number, each in enumerate(sent):
        messages += _message(body.as_object(f"messages.{number}", each))
    return joined(messages)


def _system(body: Body) -> Iterator[Message]:
    parts = tuple(part for part in _parts(body, "system") if isinstance(part, Text))
    if parts:
        yield Message("system", parts)


def _message(sent: Body) -> Iterator[Message]:
    role = sent.needed_text("role", most=MOST_ID_CHARACTERS)
    if role not in _ROLES:
        raise BadField(sent.named("role"), f"{sent.named('role')} is none of {', '.join(_ROLES)}.")
    parts = tuple(_parts(sent, "content"))
    if role != "user":
        if any(isinstance(part, ToolResult) for part in parts):
            raise BadField(sent.named("content"), "Only the user's messages have results of tools.")
        yield Message("assistant" if role == "assistant" else "system", parts)
        return
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    said = tuple(part for part in parts if not isinstance(part, ToolResult))
    for result in results:  # they answer the calls just before, so they come first
        yield Message("tool", (result,))
    if said or not results:
        yield Message("user", said)


def _parts(sent: Body, name: str) -> Iterator[Part]:
    value = sent.get(name)
    if value is None or isinstance(value, str):
        if text := sent.text(name):
            yield Text(text)
        return
    for number, each in enumerate(sent.items(name, most=MOST_BLOCKS)):
        block = sent.as_object(f"{name}.{number}", each)
        yield from _block(block)


def _block(block: Body) -> Iterator[Part]:
    kind = block.needed_text("type", most=MOST_ID_CHARACTERS)
    match kind:
        case "text":
            yield Text(block.text("text"))
        case "image":
            yield Picture(_picture(block.object("source")))
        case "tool_use":
            yield ToolCall(
                block.needed_text("id", most=MOST_ID_CHARACTERS),
                block.needed_text("name", most=MOST_ID_CHARACTERS),
                _arguments(block),
            )
        case "tool_result":
            yield from _result(block)
        case _ if kind in _DROPPED:
            return
        case _:
            raise UnsupportedValue(block.named("type"), f"Blocks of type '{kind[:60]}' cannot be read here.")


def _picture(source: Body) -> str:
    match source.text("type", most=MOST_ID_CHARACTERS, default="base64"):
        case "base64":
            data = source.needed_text("data", most=MOST_PICTURE_CHARACTERS)
            return f"data:{source.text('media_type', most=100, default='image/png')};base64,{data}"
        case "url":
            return source.needed_text("url", most=8000)
        case other:
            raise UnsupportedValue(source.named("type"), f"Pictures by '{other[:60]}' cannot be read here.")


def _arguments(block: Body) -> str:
    sent: Any = block.get("input")
    if sent is not None and not isinstance(sent, dict):
        raise BadField(block.named("input"), f"{block.named('input')} is no object.")
    return msgspec.json.encode(sent or {}).decode()


def _result(block: Body) -> Iterator[Part]:
    """Its words; pictures in it are the user's, as results have only words elsewhere."""
    call_id = block.needed_text("tool_use_id", most=MOST_ID_CHARACTERS)
    parts = list(_parts(block, "content"))
    if any(isinstance(part, ToolCall | ToolResult) for part in parts):
        raise BadField(block.named("content"), "A result has texts and pictures only.")
    text = "\n".join(part.text for part in parts if isinstance(part, Text))
    yield ToolResult(call_id, f"Error: {text}" if block.flag("is_error") else text)
    yield from (part for part in parts if isinstance(part, Picture))
