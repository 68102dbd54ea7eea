"""Jobs fetched ahead: as many as the owner wants, and no more than can be made in good time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Generic

from horde_worker.kinds.interface import JobT
from horde_worker.loop.held import Held
from horde_worker.loop.slots import Slots
from horde_worker.loop.speeds import Speeds
from horde_worker.steady_clock import steady_s

SHARE_OF_TTL: Final = 0.6
"""All that is held is to be made in this share of the time that a job has."""
LOOK_AGAIN_S: Final = 0.5


class Ahead(Generic[JobT]):
    """A queue between who fetches and who makes."""

    def __init__(self, size: int, slots: Slots, speeds: Speeds) -> None:
        self._size = max(size, 1)
        self._slots = slots
        self._speeds = speeds
        self._held: deque[Held[JobT] | None] = deque()
        self._running: dict[int, tuple[Held[JobT], float]] = {}
        self._news = asyncio.Event()
        self._freed = asyncio.Event()
        self._ttl_s = float("inf")

    def put(self, held: Held[JobT], ttl_s: float) -> None:
        """A job that was fetched; there is room."""
        self._ttl_s = ttl_s
        self._held.append(held)
        self._news.set()

    def end(self) -> None:
        """There will be no more."""
        self._held.append(None)
        self._news.set()

    async def get(self) -> Held[JobT] | None:
        """The next job, first come, first served; None after the last."""
        while not self._held:
            self._news.clear()
            await self._news.wait()
        held = self._held.popleft()
        self._freed.set()
        return held

    def begun(self, held: Held[JobT]) -> None:
        """A job is being made from now on."""
        self._running[id(held)] = (held, steady_s())

    def over(self, held: Held[JobT]) -> None:
        """It is no more."""
        self._running.pop(id(held), None)
        self._freed.set()

    async def until_room(self) -> None:
        """Wait until another job may be fetched."""
        while len(self._held) >= self._size or self._is_enough():
            self._freed.clear()
            # What runs gets shorter by itself, without anybody telling.
            if len(self._held) < self._size:
                await _set_within(self._freed, LOOK_AGAIN_S)
            else:
                await self._freed.wait()

    def _is_enough(self) -> bool:
        """Whether what is held, with another like it, would be made too late. Never so for one that could begin now."""
        waiting = [one for one in self._held if one is not None]
        if len(waiting) + len(self._running) < self._slots.total:
            return False
        now = steady_s()
        wanted = [self._speeds.expected_s(one.job.model, one.effort) for one in waiting]
        begun = [
            (self._speeds.expected_s(one.job.model, one.effort), now - since) for one, since in self._running.values()
        ]
        whole = [seconds for seconds in (*wanted, *(seconds for seconds, _ in begun)) if seconds is not None]
        if len(whole) < len(waiting) + len(begun):
            return False  # nothing is known of one of them: the owner's number alone counts
        left = [max(seconds - gone, 0.0) for seconds, gone in begun if seconds is not None]
        another = sum(whole) / len(whole)
        queued = sum(seconds for seconds in wanted if seconds is not None)
        return (sum(left) + queued) / self._slots.total + another > SHARE_OF_TTL * self._ttl_s


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
