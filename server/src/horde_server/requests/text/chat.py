"""What a conversation asks for beside its rendered prompt, of workers that take messages (capabilities.md §2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from horde_server.dispatch.capabilities import BackendBit

Message = dict[str, Any]
"""In the shape of chat completions: `role`, `content` (a text, or parts), `tool_calls` …"""
_KEPT_PICTURE = "picture:"
"""Stands with its number where a message had a picture that is kept in a store."""


class Chat(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A conversation and what is asked of its answer; a part of `TextOrder`, stored with it.

    A new field needs a default, so that older rows still read.
    """

    messages: tuple[Message, ...]
    continues: bool = False  # the last message is the beginning of the answer
    template: str = ""  # by which the prompt was rendered
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    json_object: bool = False  # the answer is to be some JSON object
    json_schema: dict[str, Any] | None = None  # the answer is to be JSON of this schema
    logprobs: int | None = None  # of each token, with so many that might have stood there; None: not asked for

    @property
    def needs(self) -> int:
        """Of `BackendBit`: what only a backend that is handed the messages can do."""
        bits = BackendBit(0)
        if self.tools:
            bits |= BackendBit.TOOLS
        if next(_pictures(self.messages), None) is not None:
            bits |= BackendBit.VISION
        if self.json_schema is not None:
            bits |= BackendBit.GRAMMAR
        if self.logprobs is not None:
            bits |= BackendBit.LOGPROBS
        return int(bits)

    def pictures(self) -> list[str]:
        """What stands where the messages have pictures, in their order: base64, a `data:` URI, or an address."""
        return [_address(part) for part in _pictures(self.messages)]

    def with_pictures(self, addresses: Sequence[str]) -> Chat:
        """The same, with these in place of its pictures."""
        rest = iter(addresses)
        messages = tuple(_replaced(message, rest) for message in self.messages)
        return msgspec.structs.replace(self, messages=messages)

    def begun_with(self, text: str) -> Chat:
        """The same, with an answer that begins so: another worker goes on with it (streams.md §6.2)."""
        messages = self.messages
        begun: Message = {"role": "assistant", "content": text}
        if self.continues and messages:
            *messages_before, last = messages
            content = last.get("content") or ""
            more = [*content, {"type": "text", "text": text}] if isinstance(content, list | tuple) else content + text
            return msgspec.structs.replace(self, messages=(*messages_before, {**last, "content": more}))
        return msgspec.structs.replace(self, messages=(*messages, begun), continues=True)

    def with_kept_pictures(self) -> Chat:
        """The same, with numbers in place of its pictures, which are kept elsewhere."""
        return self.with_pictures([f"{_KEPT_PICTURE}{number}" for number in range(len(self.pictures()))])


def _pictures(messages: Sequence[Message]) -> Iterator[Mapping[str, Any]]:
    """The parts of the messages that are pictures."""
    for message in messages:
        content = message.get("content")
        if isinstance(content, list | tuple):
            yield from (part for part in content if is_picture(part))


def is_picture(part: Any) -> bool:
    """Whether a part of a message is a picture."""
    return isinstance(part, Mapping) and part.get("type") == "image_url"


def _address(part: Mapping[str, Any]) -> str:
    found = part.get("image_url")
    url = found.get("url") if isinstance(found, Mapping) else found
    return url if isinstance(url, str) else ""


def _replaced(message: Message, addresses: Iterator[str]) -> Message:
    content = message.get("content")
    if not isinstance(content, list | tuple) or not any(map(is_picture, content)):
        return message
    return {**message, "content": [_with_address(part, addresses) if is_picture(part) else part for part in content]}


def _with_address(part: Mapping[str, Any], addresses: Iterator[str]) -> dict[str, Any]:
    found = part.get("image_url")
    rest = {name: value for name, value in found.items() if name == "detail"} if isinstance(found, Mapping) else {}
    return {"type": "image_url", "image_url": {"url": next(addresses), **rest}}
