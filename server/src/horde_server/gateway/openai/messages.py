"""`messages` of a chat (gateway.md §2.2)."""

from __future__ import annotations

from typing import Any, Final

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField, UnsupportedValue
from horde_server.gateway.common.messages import Message, Part, Picture, Role, Text, ToolCall, ToolResult
from horde_server.requests.text.chat_checks import MOST_MESSAGES

MOST_PARTS: Final = 256
"""Of one message."""
MOST_URL_CHARACTERS: Final = 32 * 1024 * 1024
_MOST_NAME_CHARACTERS: Final = 256
_MOST_CALLS: Final = 128
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TEXTS: Final = frozenset(("text", "input_text", "output_text"))
_PICTURES: Final = frozenset(("image_url", "input_image"))


def read_messages(body: Body) -> list[Message]:
    """Raises `BadField` by the place of the first that makes no sense, `MissingField`, `UnsupportedValue`."""
    if "messages" not in body:
        raise MissingField("messages")
    items = body.get("messages")
    if not isinstance(items, list):
        raise BadField("messages", "messages is no list.")
    if not items:
        raise BadField("messages", "messages is empty: send at least one.")
    if len(items) > MOST_MESSAGES:
        raise BadField("messages", f"messages has more than {MOST_MESSAGES} items: send less.")
    return [_message(body.as_object(f"messages.{place}", item)) for place, item in enumerate(items)]


def _message(sent: Body) -> Message:
    said = sent.text("role", most=_MOST_NAME_CHARACTERS)
    role = _ROLES.get(said)
    if role is None:
        raise BadField(sent.named("role"), f"{sent.named('role')} is none of {', '.join(_ROLES)}.")
    parts = _parts(sent)
    name = sent.text("name", most=_MOST_NAME_CHARACTERS) or None
    if role == "tool":
        call_id = sent.text("tool_call_id", most=_MOST_NAME_CHARACTERS) or name or ""
        told = "\n".join(part.text for part in parts if isinstance(part, Text))
        return Message(role, (ToolResult(call_id, told),))
    return Message(role, (*parts, *_calls(sent)), name)


def _parts(sent: Body) -> list[Part]:
    content = sent.get("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(sent.text("content"))]
    if not isinstance(content, list):
        raise BadField(sent.named("content"), f"{sent.named('content')} is neither a text nor a list of parts.")
    if len(content) > MOST_PARTS:
        raise BadField(sent.named("content"), f"{sent.named('content')} has more than {MOST_PARTS} parts: send less.")
    found = [_part(sent, place, part) for place, part in enumerate(content)]
    return [part for part in found if part is not None]


def _part(sent: Body, place: int, part: Any) -> Part | None:
    where = f"content.{place}"
    if isinstance(part, str):
        return Text(part)
    read = sent.as_object(where, part)
    kind = read.text("type", most=_MOST_NAME_CHARACTERS)
    if kind in _TEXTS or (not kind and "text" in read):
        return Text(read.text("text"))
    if kind == "refusal":
        return Text(read.text("refusal"))
    if kind in _PICTURES:
        return _picture(read)
    if not kind:
        raise BadField(read.named("type"), f"{read.named('type')} is missing: send text or image_url.")
    raise UnsupportedValue(read.named("type"), "This horde reads texts and pictures in messages, and nothing else.")


def _picture(read: Body) -> Picture:
    sent = read.get("image_url")
    found = read.object("image_url") if isinstance(sent, dict) else read
    url = found.needed_text("url" if found is not read else "image_url", most=MOST_URL_CHARACTERS)
    return Picture(url, found.text("detail", most=_MOST_NAME_CHARACTERS) or None)


def _calls(sent: Body) -> list[ToolCall]:
    calls = []
    for place, item in enumerate(sent.items("tool_calls", most=_MOST_CALLS)):
        call = sent.as_object(f"tool_calls.{place}", item)
        function = call.object("function")
        calls.append(
            ToolCall(
                call.text("id", most=_MOST_NAME_CHARACTERS),
                function.needed_text("name", most=_MOST_NAME_CHARACTERS),
                function.text("arguments"),
            )
        )
    old = sent.get("function_call")
    if old is not None:
        function = sent.object("function_call")
        calls.append(ToolCall("", function.needed_text("name", most=_MOST_NAME_CHARACTERS), function.text("arguments")))
    return calls
