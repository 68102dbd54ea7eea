"""What signals do: the first lets workers finish all they hold, the second what runs, the third nothing.

Nobody waits for ever: five minutes after the first, what is still held is given back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, TypeVar

import structlog

from horde_worker.worker import Worker

log = structlog.get_logger(__name__)

FINISHING_LIMIT_S: Final = 300.0

_T = TypeVar("_T")


class Stop:
    """Counts the signals. While backends open, each ends all."""

    def __init__(self, finishing_limit_s: float = FINISHING_LIMIT_S) -> None:
        self._finishing_limit_s = finishing_limit_s
        self._asked = asyncio.Event()
        self._signals = 0
        self._limit: asyncio.TimerHandle | None = None
        self.workers: Sequence[Worker[Any, Any]] = ()
        self.was_cut_short = False
        """Whether running jobs were given back."""

    @property
    def is_asked(self) -> bool:
        """Whether a signal came."""
        return self._asked.is_set()

    async def unless_asked(self, work: Coroutine[Any, Any, _T]) -> _T | None:
        """The result of work; None, and the work is cancelled, when a signal comes before."""
        working, asked = asyncio.ensure_future(work), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait((working, asked), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            asked.cancel()
            if working.cancel():
                await asyncio.wait((working,))

    def ask(self) -> None:
        """A signal came."""
        self._signals += 1
        self._asked.set()
        _say_what_now(sum(worker.jobs_in_hand for worker in self.workers), self._signals)
        if self._signals == 1:
            self._limit = asyncio.get_running_loop().call_later(self._finishing_limit_s, self._cut_short)
            for worker in self.workers:
                worker.drain()
        elif self._signals == 2:
            for worker in self.workers:
                worker.finish_running()
        else:
            self._cut_short()

    def forget(self) -> None:
        """All is over: nobody has to be cut short."""
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _cut_short(self) -> None:
        self.was_cut_short = any(worker.jobs_in_hand for worker in self.workers) or self.was_cut_short
        for worker in self.workers:
            worker.leave()


def _say_what_now(jobs_in_hand: int, signals: int) -> None:
    """What a signal has begun: otherwise nobody would know what the worker is waiting for."""
    jobs = "1 job" if jobs_in_hand == 1 else f"{jobs_in_hand} jobs"
    if signals > 2:
        log.warning("worker.leaving_at_once", message=f"giving {jobs} back")
    elif not jobs_in_hand:
        log.info("worker.leaving", message="there is nothing to finish")
    elif signals == 2:
        log.warning(
            "worker.leaving_soon", message="finishing what runs, giving the rest back; once more to leave at once"
        )
    else:
        log.info("worker.leaving", message=f"finishing {jobs}, press Ctrl-C again to leave sooner")
