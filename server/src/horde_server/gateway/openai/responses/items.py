"""`instructions` and `input` of a response as messages (gateway-responses.md §1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField, UnsupportedValue
from horde_server.gateway.common.messages import (
    Message,
    Part,
    Picture,
    Role,
    Text,
    ToolCall,
    ToolResult,
    joined,
    of_text,
)

MOST_ITEMS: Final = 2048
MOST_PARTS: Final = 256
MOST_URL_CHARACTERS: Final = 32 * 1024 * 1024
_MOST_WORD_CHARACTERS: Final = 256
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_TEXTS: Final = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})


def read_input(body: Body) -> list[Message]:
    """Raises `BadField` by the place of the first that makes no sense, `MissingField`, `UnsupportedValue`."""
    said = list(_items(body))
    if not said:
        raise MissingField("input")
    instructions = body.text("instructions")
    return joined([*([of_text("system", instructions)] if instructions else []), *said])


def _items(body: Body) -> Iterator[Message]:
    sent = body.get("input")
    if isinstance(sent, str):
        if sent:
            yield of_text("user", body.text("input"))
        return
    for number, each in enumerate(body.items("input", most=MOST_ITEMS)):
        yield from _item(body.as_object(f"input.{number}", each))


def _item(item: Body) -> Iterator[Message]:
    kind = item.text("type", most=_MOST_WORD_CHARACTERS, default="message")
    match kind:
        case "message":
            role = item.text("role", most=_MOST_WORD_CHARACTERS)
            if role not in _ROLES:
                raise BadField(item.named("role"), f"{item.named('role')} is none of {', '.join(_ROLES)}.")
            yield Message(_ROLES[role], tuple(_parts(item, "content")))
        case "function_call":
            call = ToolCall(
                item.needed_text("call_id", most=_MOST_WORD_CHARACTERS),
                item.needed_text("name", most=_MOST_WORD_CHARACTERS),
                item.text("arguments"),
            )
            yield Message("assistant", (call,))
        case "function_call_output":
            parts = tuple(_parts(item, "output"))
            told = "\n".join(part.text for part in parts if isinstance(part, Text))
            yield Message("tool", (ToolResult(item.needed_text("call_id", most=_MOST_WORD_CHARACTERS), told),))
            if pictures := tuple(part for part in parts if isinstance(part, Picture)):
                yield Message("user", pictures)
        case "reasoning":
            return
        case _:
            raise UnsupportedValue(item.named("type"), f"Items of type '{kind[:60]}' cannot be read here.")


def _parts(item: Body, name: str) -> Iterator[Part]:
    value = item.get(name)
    if value is None or isinstance(value, str):
        if text := item.text(name):
            yield Text(text)
        return
    for number, each in enumerate(item.items(name, most=MOST_PARTS)):
        yield _part(item.as_object(f"{name}.{number}", each))


def _part(part: Body) -> Part:
    kind = part.needed_text("type", most=_MOST_WORD_CHARACTERS)
    if kind in _TEXTS:
        return Text(part.text("text"))
    if kind == "refusal":
        return Text(part.text("refusal"))
    if kind == "input_image":
        if "image_url" not in part:
            raise UnsupportedValue(part.named("file_id"), "This horde keeps no files: send the picture as image_url.")
        detail = part.text("detail", most=_MOST_WORD_CHARACTERS) or None
        return Picture(part.needed_text("image_url", most=MOST_URL_CHARACTERS), detail)
    raise UnsupportedValue(part.named("type"), f"Parts of type '{kind[:60]}' cannot be read here.")
