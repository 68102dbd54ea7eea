"""The makers of a pool: which are there, how much they have to do, and which keeps failing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final, Generic, TypeVar

import structlog

from horde_worker.backends import standing
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import why_unready
from horde_worker.loop.breaker import FAILURE_PAUSE_S, CircuitBreaker
from horde_worker.steady_clock import steady_s

log = structlog.get_logger(__name__)

MakerT = TypeVar("MakerT")
EventT = TypeVar("EventT")
LOOK_AGAIN_S: Final = 0.25


def _all_alike(_maker: object) -> int:
    """The rank where none is better than another."""
    return 0


class Member(Generic[MakerT]):
    """One maker, by the name of its backend."""

    def __init__(self, name: str, maker: MakerT) -> None:
        self.name = name
        self.maker = maker
        self.running = 0
        self._breaker = CircuitBreaker()
        self._out_until = 0.0

    @property
    def unready(self) -> str:
        """Why it gets no job."""
        if why := why_unready(self.maker):
            return why
        return "three jobs failed there in a row" if steady_s() < self._out_until else ""

    @property
    def slots(self) -> int:
        """Jobs that it works on at a time."""
        return standing.slots_of(self.maker)

    @property
    def load(self) -> float:
        """How much of it is taken."""
        return self.running / self.slots

    def succeeded(self) -> None:
        """A job was made."""
        self._breaker.succeeded()

    def failed(self) -> None:
        """A job was not. After three in a row it has a rest; one more after that, and it has another."""
        self._breaker.failed()
        if self._breaker.is_open:
            log.error("worker.backend_pausing", backend=self.name, seconds=FAILURE_PAUSE_S)
            self._out_until = steady_s() + FAILURE_PAUSE_S

    @property
    def has_failed(self) -> bool:
        """Whether its last job failed."""
        return self._breaker.has_failed


class Members(Generic[MakerT]):
    """All of them, in the order of the settings."""

    def __init__(self, members: Sequence[Member[MakerT]]) -> None:
        self._members = tuple(members)
        self._freed = asyncio.Event()

    def ready(self) -> Sequence[Member[MakerT]]:
        """Those that can work; all where none can, so that there is something to tell of."""
        return [one for one in self._members if not one.unready] or self._members

    @property
    def unready(self) -> str:
        """Empty as long as one of them can work."""
        reasons = [f"{one.name}: {one.unready}" for one in self._members]
        return "; ".join(dict.fromkeys(reasons)) if all(one.unready for one in self._members) else ""

    @property
    def slots(self) -> int:
        """Of those that can work, together."""
        return sum(one.slots for one in self.ready())

    @property
    def used_by_others(self) -> bool:
        """Whether any is: its owner sits at this machine."""
        return any(standing.is_used_by_others(one.maker) for one in self._members)

    async def self_test(self) -> None:
        """One that passes is enough. Raises `BackendFailure`."""
        failures = []
        for one in self._members:
            try:
                await standing.self_test(one.maker)
            except BackendFailure as failure:
                failures.append(f"{one.name}: {failure}")
                one.failed()
        if len(failures) == len(self._members):
            raise BackendFailure("; ".join(failures))

    async def unload(self) -> None:
        """Each of them."""
        for one in self._members:
            await standing.unload(one.maker)

    async def events(
        self,
        fits: Callable[[MakerT], bool],
        begin: Callable[[MakerT], AsyncGenerator[EventT, None]],
        rank: Callable[[MakerT], int] = _all_alike,
    ) -> AsyncGenerator[EventT, None]:
        """What a maker tells of a job: of those that fit the lowest in rank, then the least busy; with a free slot.

        Raises `BackendFailure` when none fits any more.
        """
        async with self._one_for(fits, rank) as maker, aclosing(begin(maker)) as events:
            async for event in events:
                yield event

    @asynccontextmanager
    async def _one_for(self, fits: Callable[[MakerT], bool], rank: Callable[[MakerT], int]) -> AsyncIterator[MakerT]:
        member = await self._free_one(fits, rank)
        member.running += 1
        try:
            yield member.maker
        except Exception:
            member.failed()
            raise
        else:
            member.succeeded()
        finally:
            member.running -= 1
            self._freed.set()

    async def _free_one(self, fits: Callable[[MakerT], bool], rank: Callable[[MakerT], int]) -> Member[MakerT]:
        while True:
            able = [one for one in self._members if not one.unready and fits(one.maker)]
            if not able:
                raise BackendFailure(f"no backend can do this job now ({self.unready or 'its model is gone'})")
            best = min(rank(one.maker) for one in able)
            free = [one for one in able if rank(one.maker) == best and one.running < one.slots]
            if free:
                return min(free, key=lambda one: (one.has_failed, one.load))
            self._freed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):  # one may have come back meanwhile
                    await self._freed.wait()
