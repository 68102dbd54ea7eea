"""Work that has to be done by some time, shows signs of life, and can be ended from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from horde_worker.backends.events import BackendFailure, CalledOff
from horde_worker.steady_clock import Deadline, steady_s

_T = TypeVar("_T")

STILL_LIMIT_S: Final = 90.0
"""A step takes seconds; also on a slow machine, and with another program on the same card."""
ENDING_LIMIT_S: Final = 10.0
LEAVING: Final = "the worker is leaving"
NOBODY_WAITS: Final = "nobody waits for this job any more"
TIME_IS_OVER: Final = "the time that the horde gives for this job is over"


class Pulse:
    """Signs of life at one job. Until the first one nobody knows whether there will be any: some backends give none."""

    def __init__(self, still_limit_s: float = STILL_LIMIT_S) -> None:
        self._limit_s = still_limit_s
        self._beaten_at: float | None = None

    def beat(self) -> None:
        """There is one."""
        self._beaten_at = steady_s()

    def still_at(self) -> float:
        """When the backend counts as standing still, unless there is another one before."""
        return float("inf") if self._beaten_at is None else self._beaten_at + self._limit_s

    @property
    def verdict(self) -> str:
        """Of a backend that stands still."""
        return f"the backend stood still for {self._limit_s:.0f} seconds"


class AtWork:
    """What is being done right now for jobs. Ends all of it, and lets nothing begin, once the worker leaves."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self.is_leaving = False

    def leave(self) -> None:
        """End what is being done: it raises `BackendFailure`."""
        self.is_leaving = True
        for task in self._tasks:
            task.cancel()

    async def in_time(
        self,
        work: Coroutine[Any, Any, _T],
        deadline: Deadline,
        pulse: Pulse | None = None,
        called_off: asyncio.Future[None] | None = None,
    ) -> _T:
        """The result of work on a job. Raises `BackendFailure` when time is up, it stands still, or the worker leaves,
        `CalledOff` when nobody waits for it any more.
        """
        if self.is_leaving:
            work.close()
            raise BackendFailure(LEAVING)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        try:
            if not await _is_done(task, deadline, pulse, called_off):
                if called_off is not None and called_off.done():
                    raise CalledOff(NOBODY_WAITS)
                raise BackendFailure(TIME_IS_OVER if steady_s() >= deadline.at or pulse is None else pulse.verdict)
            if task.cancelled():
                raise BackendFailure(LEAVING if self.is_leaving else "the backend gave up")
            return task.result()
        finally:
            self._tasks.discard(task)
            if not task.done():
                await _ended(task)


async def _is_done(
    task: asyncio.Task[Any], deadline: Deadline, pulse: Pulse | None, called_off: asyncio.Future[None] | None
) -> bool:
    """Wait for the end of work, as long as there is time and life, and somebody waits for it; whether it came."""
    watched = (task,) if called_off is None else (task, called_off)
    while not task.done():
        if called_off is not None and called_off.done():
            return False
        until = deadline.at if pulse is None else min(deadline.at, pulse.still_at())
        # Life may show within the wait: then it goes on to the next limit. Up to a second each, so that a clock that
        # runs on in a machine's sleep is looked at again.
        wait_s = until - steady_s()
        if wait_s <= 0:
            return False
        await asyncio.wait(
            watched, timeout=wait_s if pulse is None else min(wait_s, 1.0), return_when=asyncio.FIRST_COMPLETED
        )
    return True


async def _ended(task: asyncio.Task[Any]) -> None:
    """Cancel work and give it a while to clean up; what it raises by then is nobody's concern."""
    task.cancel()
    await asyncio.wait((task,), timeout=ENDING_LIMIT_S)
    if task.done() and not task.cancelled():
        task.exception()
