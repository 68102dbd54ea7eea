"""What servers say that are asked with messages, and what it comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from horde_worker.backends.events import BackendFailure

MOST_MESSAGE_BYTES: Final = 256 * 1024
MOST_LOGPROBS_BYTES: Final = 2 * 1024 * 1024
"""No horde takes more of either."""
MOST_CALLS: Final = 128


@dataclass(frozen=True, slots=True)
class Said:
    """The next piece of an answer: a delta as OpenAI's API has it."""

    delta: Mapping[str, Any]
    logprobs: Mapping[str, Any] | None = None

    @property
    def content(self) -> str:
        """Its text."""
        found = self.delta.get("content")
        return found if isinstance(found, str) else ""

    @property
    def thought(self) -> str:
        """What it thinks before it answers, where the server tells that apart."""
        found = self.delta.get("reasoning_content") or self.delta.get("reasoning")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class ChatEnding:
    """The end of an answer, and what the server counts."""

    finish_reason: str = ""
    tokens: int | None = None
    prompt_tokens: int | None = None


Answered: TypeAlias = Said | ChatEnding


class WholeMessage:
    """An answer put together from its deltas."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._thoughts: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._logprobs: list[Any] = []
        self._has_content = False

    def add(self, said: Said) -> None:
        """The answer goes on. Raises `BackendFailure` for calls that make no sense."""
        self._has_content |= isinstance(said.delta.get("content"), str)
        self._content.append(said.content)
        self._thoughts.append(said.thought)
        if isinstance(refusal := said.delta.get("refusal"), str):
            self._refusal.append(refusal)
        calls = said.delta.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, Mapping):
                self._add_call(call, place)
        tokens = (said.logprobs or {}).get("content")
        if isinstance(tokens, list):
            self._logprobs.extend(tokens)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The functions that it calls."""
        return [self._calls[index] for index in sorted(self._calls)]

    @property
    def content(self) -> str:
        """Its text."""
        return "".join(self._content)

    def message(self) -> dict[str, Any]:
        """All of it. Raises `BackendFailure` for more than a horde takes."""
        found: dict[str, Any] = {"role": "assistant", "content": self.content if self._has_content else None}
        if thoughts := "".join(self._thoughts):
            found["reasoning_content"] = thoughts
        if refusal := "".join(self._refusal):
            found["refusal"] = refusal
        if self._calls:
            found["tool_calls"] = self.calls
        return _at_most(found, MOST_MESSAGE_BYTES, "the answer")

    def logprobs(self) -> dict[str, Any] | None:
        """How likely its tokens were, where that was told. Raises `BackendFailure` for more than a horde takes."""
        if not self._logprobs:
            return None
        return _at_most({"content": self._logprobs}, MOST_LOGPROBS_BYTES, "how likely its tokens were")

    def _add_call(self, call: Mapping[str, Any], place: int) -> None:
        index = call.get("index", place)
        if not isinstance(index, int) or not 0 <= index < MOST_CALLS:
            raise BackendFailure("the model calls more functions than could be meant")
        kept = self._calls.setdefault(
            index, {"id": f"call_{index}", "type": "function", "function": {"name": "", "arguments": ""}}
        )
        if isinstance(call.get("id"), str) and call["id"]:
            kept["id"] = call["id"]
        function = call.get("function")
        for key in ("name", "arguments"):
            if isinstance(function, Mapping) and isinstance(function.get(key), str):
                kept["function"][key] += function[key]


def _at_most(found: dict[str, Any], most_bytes: int, name: str) -> dict[str, Any]:
    if len(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")) > most_bytes:
        raise BackendFailure(f"{name} is more than {most_bytes} bytes")
    return found
