"""What a model thinks before it answers, told apart from the answer while the text comes in pieces.

Known are `<think>…</think>` at the beginning, and harmony's channels: `<|channel|>analysis<|message|>…<|end|>` and so
on until `<|channel|>final<|message|>`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from horde_server.gateway.common.marks import possible_beginning
from horde_server.gateway.common.said import Said

THINK: Final = "<think>"
_CLOSES: Final = "</think>"
_CHANNEL: Final = "<|channel|>"
_MESSAGE: Final = "<|message|>"
_ENDS: Final = "<|end|>"
_MOST_HEADER_CHARACTERS: Final = 200
"""Of what stands between two harmony messages; more is no header, but the answer."""


class ThinkSplit:
    """Feed it the text piece by piece; what may yet be a mark is held back, a few characters at most."""

    def __init__(self, *, opens_thinking: bool = False) -> None:
        """`opens_thinking`: the prompt has opened the thought already."""
        self._held = ""
        self._step: Callable[[], Said | None] = self._begin
        self._opens_thinking = opens_thinking
        self._at_start = True  # of a thought or an answer: white space there is the model's habit

    def feed(self, text: str) -> Said:
        """What is certain now. O(text)."""
        self._held += text
        return self._sorted()

    def end(self) -> Said:
        """What was held back, once no more comes."""
        said = self._sorted()
        rest, self._held = self._held, ""
        if self._step in (self._think, self._channel_thought):
            return Said(said.reasoning + rest, said.content)
        if self._step == self._header:
            return said
        return Said(said.reasoning, said.content + rest)

    def _sorted(self) -> Said:
        reasoning, content = [], []
        while (said := self._step()) is not None:
            reasoning.append(said.reasoning)
            content.append(said.content)
        return Said("".join(reasoning), "".join(content))

    def _begin(self) -> Said | None:
        """Whether it is a thought that begins."""
        begun = self._held.lstrip()
        for mark, step in ((THINK, self._think), (_CHANNEL, self._header)):
            if begun.startswith(mark):
                self._held, self._step = begun[len(mark) :], step
                return Said()
        if not begun or THINK.startswith(begun) or _CHANNEL.startswith(begun):
            return None
        if self._opens_thinking:
            self._held, self._step = begun, self._think
        else:
            self._step, self._at_start = self._answer, False
        return Said()

    def _think(self) -> Said | None:
        return self._until(_CLOSES, self._answer)

    def _channel_thought(self) -> Said | None:
        return self._until(_ENDS, self._header)

    def _until(self, mark: str, then: Callable[[], Said | None]) -> Said | None:
        if self._at_start:
            self._held = self._held.lstrip()
            self._at_start = not self._held
        at = self._held.find(mark)
        if at >= 0:
            thought, self._held = self._held[:at], self._held[at + len(mark) :]
            self._step, self._at_start = then, True
            return Said(thought.rstrip())
        # White space before the closing mark is not part of the thought: it waits with what may be the mark.
        kept = len(self._held) - possible_beginning((mark,), self._held)
        kept = len(self._held[:kept].rstrip())
        return self._taken(kept, is_answer=False)

    def _header(self) -> Said | None:
        """What stands before a harmony message says whether it is a thought."""
        at = self._held.find(_MESSAGE)
        if at >= 0:
            header, self._held = self._held[:at], self._held[at + len(_MESSAGE) :]
            self._step, self._at_start = (self._answer if "final" in header else self._channel_thought), True
            return Said()
        if len(self._held) > _MOST_HEADER_CHARACTERS:
            self._step = self._answer
            return Said()
        return None

    def _answer(self) -> Said | None:
        if self._at_start:
            self._held = self._held.lstrip()
            self._at_start = not self._held
        return self._taken(len(self._held), is_answer=True)

    def _taken(self, characters: int, *, is_answer: bool) -> Said | None:
        if not characters:
            return None
        taken, self._held = self._held[:characters], self._held[characters:]
        return Said("", taken) if is_answer else Said(taken)
