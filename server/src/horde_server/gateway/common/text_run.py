"""One text on its way from a worker to a client: what is said of it as it comes, and how it ended."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from horde_server.dispatch.store import Generation
from horde_server.gateway.common.beside import Beside
from horde_server.gateway.common.calls import Calls, pieces_of_calls
from horde_server.gateway.common.finish import FinishReason
from horde_server.gateway.common.life import NOTHING, TEXTS, Running
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.shown import Shown
from horde_server.requests.following import Delivered, Delta, Quiet, Restarted, State, Text
from horde_server.requests.progress import Progress
from horde_server.requests.text.order import TextOrder


class Reader(Protocol):
    """Makes of a worker's text what a client is shown (`answer_text.AnswerText`, `raw_text.RawText`)."""

    @property
    def raw(self) -> str:
        """All of the worker's text so far."""

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended it."""

    def feed(self, text: str) -> Said:
        """What may be shown now."""

    def end(self) -> Said:
        """What was held back."""


@dataclass(slots=True)
class Moments:
    """When what happened, by the clock of the run, in nanoseconds."""

    asked_ns: int
    handed_out_ns: int | None = None  # a worker has it
    first_ns: int | None = None  # the first of its text is here


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a text ended. `stopped_by`: which stop string; `is_short`: there would have been more of the text."""

    reason: FinishReason
    stopped_by: str | None
    is_short: bool
    prompt_tokens: int
    tokens: int
    model: str | None  # that made it
    told: dict[str, Any]  # what the worker told beside the text


class TextRun:
    """A request of one text. Whoever has one reads `said` to its end, and leaves the running request however."""

    def __init__(
        self,
        running: Running[TextOrder],
        order: TextOrder,
        reader: Reader,
        shown: Shown | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`shown`: what of that which the reader lets through; None: all."""
        self._running = running
        self._order = order
        self._reader = reader
        self._shown = shown or Shown()
        self._clock_ns = clock_ns
        self._calls = Calls()  # that were told
        self.moments = Moments(clock_ns())
        self.made: Generation | None = None
        self.progress: Progress | None = None

    async def said(self, *, as_it_comes: bool) -> AsyncGenerator[Said | Restarted | None, None]:
        """Pieces of the answer, news of a worker that was lost in the middle, and None after each silence.

        `as_it_comes`: workers are asked to tell while they write.

        Raises what `Running.happenings` raises.
        """
        async with aclosing(self._running.happenings(TEXTS if as_it_comes else NOTHING)) as happenings:
            async for happening in happenings:
                match happening:
                    case State(progress):
                        self.progress = progress
                        if progress.processing or progress.finished:
                            self.moments.handed_out_ns = self.moments.handed_out_ns or self._clock_ns()
                    case Text(0, _, text):
                        yield self._read(text)
                    case Delta(0, delta):
                        yield self._delta(delta)
                    case Delivered(0, made):
                        self.made = made
                        yield self._rest(made)
                    case Restarted(0):
                        yield happening
                    case Quiet():
                        yield None
        rest = self._reader.end()
        yield rest._replace(content=self._shown.feed(rest.content) + self._shown.end())

    def ended(self) -> Ended:
        """How it ended; once all is read."""
        beside, text, stopped_by = Beside(self.made), self._reader.raw, self._reader.stopped_by
        reason = beside.reason(text, self._order, stopped=stopped_by is not None)
        is_short = reason is FinishReason.LENGTH or self._shown.is_cut
        if self._calls:
            reason = FinishReason.TOOL_CALLS
        elif self._shown.is_cut:
            reason = FinishReason.LENGTH
        return Ended(
            reason=reason,
            stopped_by=stopped_by if reason is FinishReason.STOP else None,
            is_short=is_short,
            prompt_tokens=beside.prompt_tokens(self._order),
            tokens=beside.tokens(text),
            model=self.made.model if self.made is not None else None,
            told=beside.told,
        )

    def _read(self, text: str) -> Said:
        self.moments.first_ns = self.moments.first_ns or self._clock_ns()
        said = self._reader.feed(text)
        return said._replace(content=self._shown.feed(said.content))

    def _delta(self, delta: dict[str, Any]) -> Said:
        """A piece as a backend made it, which has the thought in a key of its own."""
        content, thought = delta.get("content"), delta.get("reasoning_content")
        calls = pieces_of_calls(delta.get("tool_calls"))
        self._calls.feed(calls)
        said = self._read(content if isinstance(content, str) else "")
        return Said(said.reasoning + (thought if isinstance(thought, str) else ""), said.content, calls)

    def _rest(self, made: Generation) -> Said:
        """What of a delivered answer was not told while it was made: mostly all of it, or nothing."""
        text = made.result.removeprefix(self._reader.raw) if made.result.startswith(self._reader.raw) else ""
        calls = self._calls.rest_of(pieces_of_calls(Beside(made).calls))
        self._calls.feed(calls)
        return self._read(text)._replace(calls=calls)
