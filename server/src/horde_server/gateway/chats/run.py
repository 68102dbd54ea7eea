"""The answer of one chat on its way from a worker to a client: text, thought and calls of tools, and how it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec

from horde_server.dispatch.store import Generation
from horde_server.gateway.chats.orders import OrderedChat
from horde_server.gateway.common.calls import Calls, pieces_of_calls
from horde_server.gateway.common.finish import FinishReason, finish_reason
from horde_server.gateway.common.life import NOTHING, TEXTS, Running
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.shortened import Shortened
from horde_server.gateway.common.tokens import believable
from horde_server.requests.following import Delivered, Delta, Quiet, Restarted, State, Text
from horde_server.requests.progress import Progress
from horde_server.requests.text.order import TextOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an answer ended. `stopped_by`: which of the client's own stop strings."""

    reason: FinishReason
    stopped_by: str | None
    prompt_tokens: int
    tokens: int
    model: str | None  # that made it


class ChatRun:
    """A request of one answer. Whoever has one reads `said` to its end, and leaves the running request however."""

    def __init__(self, chat: OrderedChat, running: Running[TextOrder]) -> None:
        self._chat = chat
        self._running = running
        self._reader = chat.reader()
        self._shown = Shortened(chat.most_characters)
        self.made: Generation | None = None
        self.progress: Progress | None = None
        self._calls = Calls()  # that were told

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
        yield self._cut(self._reader.end())

    def ended(self) -> Ended:
        """How it ended; once all is read."""
        told, made, text = self._told(), self.made, self._reader.raw
        usage = told.get("usage") or {}
        counted = told.get("tokens") or usage.get("completion_tokens")
        stopped_by = self._reader.stopped_by
        reason = finish_reason(
            text,
            max_length=self._chat.order.max_length,
            stopped=stopped_by is not None,
            censored=made is not None and made.censored,
            reported=told.get("finish_reason"),
            worker_tokens=counted,
        )
        if self._calls:
            reason = FinishReason.TOOL_CALLS
        elif self._shown.is_cut:
            reason = FinishReason.LENGTH
        return Ended(
            reason=reason,
            stopped_by=stopped_by if reason is FinishReason.STOP and stopped_by in self._chat.wish.stops else None,
            prompt_tokens=believable(usage.get("prompt_tokens"), self._chat.order.prompt),
            tokens=believable(counted, text),
            model=made.model if made is not None else None,
        )

    def _read(self, text: str) -> Said:
        return self._cut(self._reader.feed(text))

    def _delta(self, delta: dict[str, Any]) -> Said:
        """A piece as a backend made it. What it thinks stands in a key of its own."""
        content, calls = delta.get("content"), pieces_of_calls(delta.get("tool_calls"))
        self._calls.feed(calls)
        said = self._read(content) if isinstance(content, str) else Said()
        return said._replace(calls=calls)

    def _rest(self, made: Generation) -> Said:
        """What of a delivered answer was not told while it was made: mostly all of it, or nothing."""
        text = made.result.removeprefix(self._reader.raw) if made.result.startswith(self._reader.raw) else ""
        calls = self._calls.rest_of(pieces_of_calls((self._told().get("message") or {}).get("tool_calls")))
        self._calls.feed(calls)
        return self._read(text)._replace(calls=calls)

    def _cut(self, said: Said) -> Said:
        return said._replace(content=self._shown.feed(said.content))

    def _told(self) -> dict[str, Any]:
        """What the worker told beside the text."""
        told = getattr(self.made, "told", None)
        return msgspec.json.decode(told) if told else {}
