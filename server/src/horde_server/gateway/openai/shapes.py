"""What differs between the answers of chats and of completions (gateway.md §2.2, §2.3)."""

from __future__ import annotations

from typing import Any, Final, Protocol

from horde_server.gateway.common.said import Said
from horde_server.gateway.openai.choice import Choice


class Shape(Protocol):
    """How choices are told."""

    prefix: str
    """Of ids."""
    whole_object: str
    chunk_object: str

    def whole(self, choice: Choice, said: Said, echo: str) -> dict[str, Any]:
        """A choice of a whole answer."""

    def opening(self, index: int) -> dict[str, Any] | None:
        """The first chunk of a choice, where there is one before its text."""

    def piece(self, index: int, said: Said) -> dict[str, Any]:
        """A piece of a choice."""

    def nothing(self, index: int) -> dict[str, Any]:
        """A piece that adds nothing."""

    def closing(self, index: int, reason: str) -> dict[str, Any]:
        """Its last chunk."""


class ChatShape:
    """Of chats."""

    prefix = "chatcmpl-"
    whole_object = "chat.completion"
    chunk_object = "chat.completion.chunk"

    def whole(self, choice: Choice, said: Said, echo: str) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.content, "refusal": None}
        if said.reasoning:
            message["reasoning_content"] = said.reasoning
        if calls := choice.calls:
            message |= {"content": said.content or None, "tool_calls": calls}
        logprobs = choice.logprobs
        return {"index": choice.index, "message": message, "logprobs": logprobs, "finish_reason": choice.reason}

    def opening(self, index: int) -> dict[str, Any]:
        return self._chunk(index, {"role": "assistant", "content": ""})

    def delta(self, index: int, delta: dict[str, Any], logprobs: Any = None) -> dict[str, Any]:
        """A delta as a backend made it."""
        return {**self._chunk(index, delta), "logprobs": logprobs}

    def piece(self, index: int, said: Said) -> dict[str, Any]:
        delta = {"reasoning_content": said.reasoning} if said.reasoning else {}
        return self._chunk(index, delta | ({"content": said.content} if said.content else {}))

    def nothing(self, index: int) -> dict[str, Any]:
        return self._chunk(index, {})

    def closing(self, index: int, reason: str) -> dict[str, Any]:
        return self._chunk(index, {}, reason)

    @staticmethod
    def _chunk(index: int, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}


class CompletionShape:
    """Of completions."""

    prefix = "cmpl-"
    whole_object = chunk_object = "text_completion"

    def whole(self, choice: Choice, said: Said, echo: str) -> dict[str, Any]:
        return self._chunk(choice.index, echo + said.content, choice.reason)

    def opening(self, index: int) -> None:
        return None

    def piece(self, index: int, said: Said) -> dict[str, Any]:
        return self._chunk(index, said.content)

    def nothing(self, index: int) -> dict[str, Any]:
        return self._chunk(index, "")

    def closing(self, index: int, reason: str) -> dict[str, Any]:
        return self._chunk(index, "", reason)

    @staticmethod
    def _chunk(index: int, text: str, reason: str | None = None) -> dict[str, Any]:
        return {"text": text, "index": index, "logprobs": None, "finish_reason": reason}


CHAT: Final = ChatShape()
COMPLETION: Final = CompletionShape()
