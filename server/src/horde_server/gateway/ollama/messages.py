"""The messages of a chat, as all dialects share them (gateway-ollama.md §2.1)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField
from horde_server.gateway.common.messages import Message, Part, Role, Text, ToolCall, ToolResult
from horde_server.gateway.common.sent_pictures import read_pictures
from horde_server.requests.text.chat_checks import MOST_MESSAGES

_MOST_CALLS: Final = 128
_MOST_NAME_CHARACTERS: Final = 255
_ROLES: Final[dict[str, Role]] = {
    "system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool",
}  # fmt: skip
_encode = msgspec.json.Encoder().encode


def read_messages(body: Body) -> list[Message]:
    """All messages of a chat. Raises `BadField`."""
    calls = _Calls()
    return [
        _message(body.as_object(f"messages.{place}", sent), calls)
        for place, sent in enumerate(body.items("messages", most=MOST_MESSAGES))
    ]


class _Calls:
    """Calls of tools that have no result yet. Ollama's have no ids: results are told apart by name and order."""

    def __init__(self) -> None:
        self._open: list[ToolCall] = []
        self._count = 0

    def made(self, name: str, arguments: str) -> ToolCall:
        call = ToolCall(f"call_{self._count}", name, arguments)
        self._count += 1
        self._open.append(call)
        return call

    def answered(self, name: str) -> str:
        """The id of the call that a result is of."""
        for place, call in enumerate(self._open):
            if not name or call.name == name:
                return self._open.pop(place).id
        return f"call_{max(self._count - 1, 0)}"


def _message(sent: Body, calls: _Calls) -> Message:
    role = _ROLES.get(said := sent.needed_text("role", most=_MOST_NAME_CHARACTERS))
    if role is None:
        raise BadField(sent.named("role"), f"{sent.named('role')} is {said[:50]!r}: send one of {', '.join(_ROLES)}.")
    text = sent.text("content")
    if role == "tool":
        name = sent.text("tool_name", most=_MOST_NAME_CHARACTERS) or sent.text("name", most=_MOST_NAME_CHARACTERS)
        return Message(role, (ToolResult(calls.answered(name), text),))
    parts: list[Part] = [Text(text)] if text else []
    parts += read_pictures(sent)
    if role == "assistant":
        parts += [
            _call(sent.as_object(f"tool_calls.{place}", call), calls)
            for place, call in enumerate(sent.items("tool_calls", most=_MOST_CALLS))
        ]
    return Message(role, tuple(parts))


def _call(sent: Body, calls: _Calls) -> ToolCall:
    function = sent.object("function")
    arguments: Any = function.get("arguments")
    written = arguments if isinstance(arguments, str) else _encode({} if arguments is None else arguments).decode()
    return calls.made(function.needed_text("name", most=_MOST_NAME_CHARACTERS), written)
