"""One answer to a conversation while a server gives it: what of it is text, and what of it passes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from horde_worker.backends.events import BackendFailure, Delta, Piece, Progress
from horde_worker.backends.text import TextEvent, TextJob, TextResult
from horde_worker.backends.text_servers.chat import ChatEnding, Said, WholeMessage
from horde_worker.backends.text_servers.prompt_window import LONGEST_TOKEN_CHARACTERS
from horde_worker.backends.text_servers.thoughts import BEGIN, END
from horde_worker.stop_sequences import GrowingText

_REASONS: Final = {
    "stop": "stop", "eos": "stop", "length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls",
    "content_filter": "content_filter",
}  # fmt: skip


class Answering:
    """Takes what the server says, tells of it, and knows the whole at the end."""

    def __init__(self, job: TextJob, place: int) -> None:
        conversation = job.conversation
        self._passes_through = conversation is not None and conversation.passes_through
        self._job = job
        self._place = place
        # Where all passes through, the server itself was told what ends the answer.
        self._text = GrowingText(() if self._passes_through else job.stop_sequences)
        self._message = WholeMessage()
        self._is_thinking = False
        self._characters_left = job.max_length * LONGEST_TOKEN_CHARACTERS
        self.tokens = 0

    @property
    def is_stopped(self) -> bool:
        """Whether the text is at its end, though the server goes on."""
        return self._text.is_stopped

    @property
    def is_empty(self) -> bool:
        """Whether there is neither text nor a call."""
        return not self._text.text.strip() and not self._message.calls

    def add(self, said: Said) -> Iterator[TextEvent]:
        """What is told of the next piece. Raises `BackendFailure` for far more than was asked for."""
        self.tokens += 1
        self._characters_left -= len(said.content) + len(said.thought)
        if self._characters_left < 0:
            raise BackendFailure(f"an answer of far more than {self._job.max_length} tokens")
        if self._passes_through:
            self._message.add(said)
            yield Delta(self._place, _delta(said))
            text = said.content
        else:
            text = self._with_thoughts(said)
        if kept := self._text.add(text):
            yield Piece(self._place, kept)
        yield Progress(self._place, min(self.tokens, self._job.max_length), self._job.max_length)

    def result(self, seed: int, ending: ChatEnding) -> TextResult:
        """The whole. Raises `BackendFailure` for more than a horde takes."""
        return TextResult(
            self._text.text,
            seed,
            self.tokens if ending.tokens is None else ending.tokens,
            finish_reason="stop" if self.is_stopped else _REASONS.get(ending.finish_reason, ""),
            prompt_tokens=ending.prompt_tokens,
            message=self._message.message() if self._passes_through else None,
            logprobs=self._message.logprobs() if self._passes_through else None,
        )

    def _with_thoughts(self, said: Said) -> str:
        """Thoughts that the server tells apart stand before the text, as models write them that tell them with it."""
        text = ""
        if said.thought:
            text = said.thought if self._is_thinking else BEGIN + said.thought
            self._is_thinking = True
        if said.content and self._is_thinking:
            self._is_thinking = False
            return f"{text}{END}\n\n{said.content}"
        return text + said.content


def _delta(said: Said) -> Mapping[str, Any]:
    return said.delta if said.logprobs is None else {**said.delta, "logprobs": said.logprobs}
