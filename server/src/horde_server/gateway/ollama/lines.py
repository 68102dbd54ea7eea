"""The answers of `/api/chat` and `/api/generate` as bytes: compact JSON, a line each where they stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import msgspec

from horde_server.gateway.common.text_run import Moments

_encode = msgspec.json.Encoder().encode

Route: TypeAlias = Literal["chat", "generate"]


def figures(moments: Moments, now_ns: int, *, prompt_tokens: int, tokens: int) -> dict[str, int]:
    """What it took, by the names of the API. Waiting in line is what Ollama calls loading.

    UIs divide by each of them: none is ever zero.
    """
    handed_out = moments.asked_ns if moments.handed_out_ns is None else moments.handed_out_ns
    first = now_ns if moments.first_ns is None else moments.first_ns
    return {
        "total_duration": max(now_ns - moments.asked_ns, 1),
        "load_duration": max(handed_out - moments.asked_ns, 1),
        "prompt_eval_count": max(prompt_tokens, 1),
        "prompt_eval_duration": max(first - handed_out, 1),
        "eval_count": max(tokens, 1),
        "eval_duration": max(now_ns - first, 1),
    }


def created_at(seconds: float) -> str:
    """A time since the epoch as these clients read it: RFC 3339 with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Lines:
    """The objects of one answer, whose model and time are the same in all."""

    route: Route
    model: str
    created_at: str

    def piece(self, text: str, *, thinking: str = "", tool_calls: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """A part of the answer. An empty one keeps the connection alive: NDJSON has no comments."""
        return {**self._said(text, thinking, tool_calls), "done": False}

    def last(
        self,
        reason: str,
        figures: Mapping[str, int],
        *,
        text: str = "",
        thinking: str = "",
        tool_calls: Sequence[Mapping[str, Any]] = (),
        logprobs: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """The end of a stream, or, with all of the text, the answer of a call that does not stream."""
        told = {**self._said(text, thinking, tool_calls), "done": True, "done_reason": reason, **figures}
        return {**told, "logprobs": list(logprobs)} if logprobs else told

    def _said(self, text: str, thinking: str, tool_calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        beside: dict[str, Any] = {}
        if thinking:
            beside["thinking"] = thinking
        if tool_calls:
            beside["tool_calls"] = list(tool_calls)
        head = {"model": self.model, "created_at": self.created_at}
        if self.route == "chat":
            return {**head, "message": {"role": "assistant", "content": text, **beside}}
        return {**head, "response": text, **beside}


def line(told: Mapping[str, Any]) -> bytes:
    """One line of a stream."""
    return _encode(told) + b"\n"
