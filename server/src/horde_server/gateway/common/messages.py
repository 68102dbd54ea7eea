"""The messages of a chat, whatever dialect they came in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a message: a `data:` URL, or one that is fetched by the guarded fetch only."""

    url: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What an assistant asked the requester's program to do. `arguments` is JSON, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a call; the one part of a message of the role `tool`."""

    call_id: str
    text: str


Part: TypeAlias = Text | Picture | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat. `name`: of whoever speaks, where the dialect has that."""

    role: Role
    parts: tuple[Part, ...] = ()
    name: str | None = None

    @property
    def text(self) -> str:
        """What a worker without eyes and tools can be told of it, as words.

        A picture leaves nothing; calls of tools and their results are told in brackets, as the model has no other
        way to know of them.
        """
        return "\n".join(told for part in self.parts if (told := _told(part)))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Its pictures, in order."""
        return tuple(part for part in self.parts if isinstance(part, Picture))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls in it, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


def of_text(role: Role, text: str) -> Message:
    """A message of words only."""
    return Message(role, (Text(text),))


def _told(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case ToolCall(_, name, arguments):
            return f"[tool call] {name}({arguments})"
        case ToolResult(_, text):
            return f"[tool result] {text}"
        case Picture():
            return ""


def joined(messages: Iterable[Message]) -> list[Message]:
    """The same with neighbours of one role as one message, as Anthropic's API has it. O(parts)."""
    found: list[list[Message]] = []
    for message in messages:
        before = found[-1][-1] if found else None
        if before is not None and message.role != "tool" and (before.role, before.name) == (message.role, message.name):
            found[-1].append(message)
        else:
            found.append([message])
    return [
        Message(run[0].role, tuple(part for message in run for part in message.parts), run[0].name) for run in found
    ]


def openai_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """In OpenAI's shape: as a worker that renders messages itself is handed them.

    Content is a string where it is one piece of text, else a list of parts, which every backend with eyes takes.
    """
    return [sent for message in messages for sent in _openai(message)]


def _openai(message: Message) -> Iterable[dict[str, Any]]:
    if message.role == "tool":
        for part in message.parts:
            if isinstance(part, ToolResult):
                yield {"role": "tool", "tool_call_id": part.call_id, "content": part.text}
        return
    shown = [part for part in message.parts if isinstance(part, Text | Picture)]
    sent: dict[str, Any] = {"role": message.role, "content": _openai_content(shown)}
    if message.name is not None:
        sent["name"] = message.name
    if calls := message.tool_calls:
        sent["content"] = sent["content"] or None
        sent["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
    yield sent


def _openai_content(parts: Sequence[Text | Picture]) -> str | list[dict[str, Any]]:
    if not any(isinstance(part, Picture) for part in parts):
        return "\n".join(part.text for part in parts if isinstance(part, Text))
    return [
        {"type": "text", "text": part.text}
        if isinstance(part, Text)
        else {"type": "image_url", "image_url": {"url": part.url} | ({"detail": part.detail} if part.detail else {})}
        for part in parts
    ]
