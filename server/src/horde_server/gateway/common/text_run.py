"""One text on its way from a worker to a client: read as it comes, and what is known of it at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from horde_server.dispatch.store import Generation
from horde_server.gateway.common.finish import FinishReason, finish_reason
from horde_server.gateway.common.life import NOTHING, TEXTS, Running
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.tokens import believable, tokens
from horde_server.requests.following import Delivered, Delta, End, Quiet, State, Text
from horde_server.requests.text.order import TextOrder


class Reader(Protocol):
    """Makes of a worker's text what a client is shown (`answer_text.AnswerText`)."""

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
    """How a text ended."""

    reason: FinishReason
    prompt_tokens: int
    tokens: int
    model: str | None  # that made it
    told: dict[str, Any] = field(default_factory=dict)  # what the worker told beside the text


class TextRun:
    """A request of one text. Whoever has one ends it by reading `said` to its end, or by `Running.leave`."""

    def __init__(
        self, running: Running[TextOrder], order: TextOrder, reader: Reader, clock_ns: Callable[[], int]
    ) -> None:
        self._running = running
        self._order = order
        self._reader = reader
        self._clock_ns = clock_ns
        self._made: Generation | None = None
        self.moments = Moments(clock_ns())

    async def said(self, *, as_it_comes: bool) -> AsyncIterator[Said | None]:
        """Pieces of the answer, and None after each silence. `as_it_comes`: workers are asked to tell while they write.

        Raises what `Running.happenings` raises.
        """
        async with aclosing(self._running.happenings(TEXTS if as_it_comes else NOTHING)) as happenings:
            async for happening in happenings:
                match happening:
                    case State(progress) if progress.processing or progress.finished:
                        self.moments.handed_out_ns = self.moments.handed_out_ns or self._clock_ns()
                    case Text(0, _, text):
                        yield self._read(text)
                    case Delta(0, delta):
                        said = self._read(str(delta.get("content") or ""))
                        thought = str(delta.get("reasoning_content") or "")
                        yield Said(said.reasoning + thought, said.content)
                    case Delivered(0, made):
                        self._made = made
                        if not self._reader.raw:
                            yield self._read(made.result)
                    case Quiet():
                        yield None
                    case End():
                        break
        yield self._reader.end()

    def ended(self) -> Ended:
        """How it ended; once all is read."""
        made, text = self._made, self._reader.raw
        told = _told(made)
        usage = told.get("usage") or {}
        counted = told.get("tokens") or usage.get("completion_tokens")
        return Ended(
            reason=finish_reason(
                text,
                max_length=self._order.max_length,
                stopped=self._reader.stopped_by is not None,
                censored=made is not None and made.censored,
                reported=told.get("finish_reason"),
                worker_tokens=counted,
            ),
            prompt_tokens=believable(usage.get("prompt_tokens"), self._order.prompt),
            tokens=believable(counted, text) if text else tokens(text),
            model=made.model if made is not None else None,
            told=told,
        )

    def _read(self, text: str) -> Said:
        self.moments.first_ns = self.moments.first_ns or self._clock_ns()
        return self._reader.feed(text)


def _told(made: Generation | None) -> dict[str, Any]:
    """What the worker told beside the text."""
    if made is None or made.told is None:
        return {}
    found: dict[str, Any] = msgspec.json.decode(made.told)
    return found
