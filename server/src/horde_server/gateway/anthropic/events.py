"""A message as events, in the order of Anthropic's API (gateway-anthropic.md §4)."""

from __future__ import annotations

from typing import Any, Final

from horde_server.gateway.anthropic.dialect import encode, error_object
from horde_server.gateway.common.errors import Faulted
from horde_server.gateway.common.said import CallPiece, Said
from horde_server.http.dialects import Refusal

PING: Final = b'event: ping\ndata: {"type": "ping"}\n\n'


def event(kind: str, **data: Any) -> bytes:
    """One event."""
    return b"event: " + kind.encode() + b"\ndata: " + encode({"type": kind, **data}) + b"\n\n"


def failed(refusal: Refusal) -> bytes:
    """How a stream that has begun tells of a failure; nothing comes after it."""
    return b"event: error\ndata: " + encode(error_object(refusal)) + b"\n\n"


def usage(input_tokens: int, output_tokens: int) -> dict[str, int]:
    """Nothing is cached here."""
    return {
        "input_tokens": input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
    }


class MessageEvents:
    """Tells of one message: `begin` once, `said` for each piece, `end` once."""

    def __init__(self, message: dict[str, Any], *, begins_with_text: bool) -> None:
        """`message`: as an answer has it; `begins_with_text`: no tool can be called, so it is text from the start."""
        self._message = message
        self._begins_with_text = begins_with_text
        self._block = -1  # the last that was begun
        self._is_open = False
        self._call: int | None = None  # whose block that is; None: text
        self._calls: set[int] = set()

    def begin(self) -> bytes:
        """At once, before anybody works on it."""
        started = {**self._message, "content": [], "stop_reason": None, "stop_sequence": None}
        begun = self._begin_text() if self._begins_with_text else b""
        return event("message_start", message=started) + begun + PING

    def said(self, said: Said) -> bytes:
        """The thought is not told. Raises `Faulted` where a worker's pieces of calls cannot be put in order."""
        told = b""
        if said.content:
            if not self._is_open or self._call is not None:
                told += self._close() + self._begin_text()
            told += self._delta({"type": "text_delta", "text": said.content})
        for piece in said.calls:
            told += self._called(piece)
        return told

    def end(self, stop_reason: str, stop_sequence: str | None, told_usage: dict[str, int]) -> bytes:
        """The last three."""
        begun = self._begin_text() if self._block < 0 else b""
        delta = {"stop_reason": stop_reason, "stop_sequence": stop_sequence}
        return begun + self._close() + event("message_delta", delta=delta, usage=told_usage) + event("message_stop")

    def _called(self, piece: CallPiece) -> bytes:
        told = b""
        if piece.number != self._call or not self._is_open:
            if piece.number in self._calls:
                raise Faulted("The worker mixed up its calls of tools, so they were given up.")
            self._calls.add(piece.number)
            block = {"type": "tool_use", "id": piece.id, "name": piece.name, "input": {}}
            told += self._close() + self._begin(block, piece.number)
        if piece.arguments:
            told += self._delta({"type": "input_json_delta", "partial_json": piece.arguments})
        return told

    def _begin_text(self) -> bytes:
        return self._begin({"type": "text", "text": ""}, None)

    def _begin(self, block: dict[str, Any], call: int | None) -> bytes:
        self._block += 1
        self._is_open, self._call = True, call
        return event("content_block_start", index=self._block, content_block=block)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return event("content_block_delta", index=self._block, delta=delta)

    def _close(self) -> bytes:
        if not self._is_open:
            return b""
        self._is_open = False
        return event("content_block_stop", index=self._block)
