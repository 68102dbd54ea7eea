"""The calls of this process that are being written: what is written so far, and word that somebody stops them.

A remembrance only. Which requests are a caller's every node knows (`common/callers_requests.py`); a call that another
node holds ends when its request does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from horde_server.dispatch.ids import RequestId

PieceT = TypeVar("PieceT")


class Run:
    """One call."""

    def __init__(self) -> None:
        self.text = ""
        """What is written so far, of its first text."""
        self._stopped = asyncio.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has stopped it."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """It shall end with what there is."""
        self._stopped.set()

    async def until_stopped(self, pieces: AsyncIterator[PieceT]) -> AsyncGenerator[PieceT, None]:
        """The pieces, until there are no more or it is stopped; between two of them at once."""
        stopped = asyncio.create_task(self._stopped.wait())
        coming: asyncio.Task[PieceT] | None = None
        try:
            while not self.is_stopped:
                coming = asyncio.ensure_future(anext(pieces))
                await asyncio.wait((coming, stopped), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    return
                try:
                    piece = coming.result()
                except StopAsyncIteration:
                    return
                yield piece
        finally:
            stopped.cancel()
            if coming is not None and not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)


class Runs:
    """All of them, and what this process has written."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._clock = monotonic
        self._runs: dict[RequestId, Run] = {}
        self._began_s = self._last_s = monotonic()
        self.written = 0
        """Texts since this process began."""
        self.last_tokens = 0
        self.last_waited_s = 0.0
        self.last_wrote_s = 0.0

    @property
    def uptime_s(self) -> float:
        """Since this process began."""
        return self._clock() - self._began_s

    @property
    def idle_s(self) -> float:
        """Since the last text was asked for or delivered."""
        return self._clock() - self._last_s

    @contextmanager
    def run(self, request_id: RequestId) -> Iterator[Run]:
        """A call, for as long as it goes on."""
        found = self._runs[request_id] = Run()
        self._last_s = self._clock()
        try:
            yield found
        finally:
            if self._runs.get(request_id) is found:  # and no call that came again
                del self._runs[request_id]
            self._last_s = self._clock()

    def find(self, request_id: RequestId) -> Run | None:
        """A call of this process."""
        return self._runs.get(request_id)

    def note(self, *, texts: int, tokens: int, waited_s: float, wrote_s: float) -> None:
        """Something was written."""
        self.written += texts
        self.last_tokens, self.last_waited_s, self.last_wrote_s = tokens, waited_s, wrote_s
