"""The connections of one server process: how many there may be, which give way, and how long each may dawdle.

One look a second at all of them instead of a timer for each: timers would cost every request.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from horde_server.http.networks import household
from horde_server.settings import Settings

_LOOK_EVERY_S = 1.0
_MOST_GIVING_WAY = 32


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """See the settings of the same names; `stop_s`: how long bodies may still arrive once the server stops."""

    max_connections: int
    max_connections_per_address: int
    first_byte_s: float
    headers_s: float
    keep_alive_s: float
    progress_grace_s: float
    progress_bytes_per_s: float
    linger_s: float = 10.0
    stop_s: float = 5.0

    @classmethod
    def of(cls, settings: Settings, max_connections: int) -> ConnectionLimits:
        """Those that the settings give."""
        return cls(
            max_connections,
            settings.max_connections_per_address,
            settings.first_byte_s,
            settings.headers_s,
            settings.keep_alive_s,
            settings.progress_grace_s,
            settings.progress_bytes_per_s,
        )


class Phase(IntEnum):
    """What a connection is about; the smaller, the sooner it gives way to a new one."""

    LINGERING = 0  # answered for the last time
    IDLE = 1  # no request has begun
    HEADERS = 2
    BODY = 3
    BUSY = 4  # its request is being answered


class Connection(Protocol):
    """What is asked of a connection."""

    household: str
    since: float
    """When its phase began, by `Connections.now`."""

    @property
    def phase(self) -> Phase:
        """What it is about."""

    def look(self, now: float) -> None:
        """End it if it has used up its time."""

    def drop(self) -> None:
        """End it now, without a word."""


class Full(Exception):
    """No connection gives way. `status` and the message are for who came last."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Progress:
    """Whether bytes keep coming: each stretch of `progress_grace_s` is held against the rate."""

    __slots__ = ("_start", "_total")

    def __init__(self) -> None:
        self._start: float | None = None
        self._total = 0

    def rest(self) -> None:
        """Nothing is expected."""
        self._start = None

    def is_too_slow(self, now: float, total_bytes: int, limits: ConnectionLimits) -> bool:
        """Look at the bytes so far."""
        if self._start is None:
            self._start, self._total = now, total_bytes
            return False
        passed_s = now - self._start
        if passed_s < limits.progress_grace_s:
            return False
        is_too_slow = total_bytes - self._total < limits.progress_bytes_per_s * passed_s
        self._start, self._total = now, total_bytes
        return is_too_slow


class Connections:
    """All connections that are open.

    `now` is the time as of the last look, good enough to time people by. It counts only seconds in which this process
    looked: what nobody read while it was held up is not the other side's fault.
    """

    def __init__(
        self,
        limits: ConnectionLimits,
        *,
        exempt: Callable[[str], bool],
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.limits = limits
        self._exempt = exempt
        self._clock = clock or asyncio.get_running_loop().time
        self._open: set[Connection] = set()
        self._of_household: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._looked_at = self._clock()
        self.now = 0.0

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection, address: str) -> None:
        """A new one; others may give way to it. Raises `Full`."""
        if self._timer is None:
            self._looked_at = self._clock()
            self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._tick)
        connection.household = who = household(address)
        connection.since = self.now
        most = self.limits.max_connections_per_address
        if (
            self._of_household[who] >= most
            and not self._exempt(address)
            and not self._make_room([other for other in self._open if other.household == who])
        ):
            raise Full(429, f"Your address has {most} connections open, the most there may be: use them again.")
        if len(self._open) >= self.limits.max_connections and not self._make_room(self._open):
            raise Full(503, "All connections of this server are in use: try again in a few seconds.")
        self._open.add(connection)
        self._of_household[who] += 1

    def remove(self, connection: Connection) -> None:
        """It is closed, or as good as."""
        if connection in self._open:
            self._open.remove(connection)
            self._of_household[connection.household] -= 1
            if not self._of_household[connection.household]:
                del self._of_household[connection.household]

    def look(self) -> None:
        """End those that have used up their time."""
        clock = self._clock()
        self.now += min(clock - self._looked_at, 2 * _LOOK_EVERY_S)
        self._looked_at = clock
        for connection in tuple(self._open):
            connection.look(self.now)

    def _tick(self) -> None:
        self.look()
        self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._tick) if self._open else None

    def _make_room(self, candidates: Iterable[Connection]) -> bool:
        """Drop some that no request runs on: of whoever holds most, the longest idle ones. False if there are none.

        O(n log n) in connections, so several at once.
        """
        waiting = [connection for connection in candidates if connection.phase < Phase.BUSY]
        waiting.sort(key=lambda one: (one.phase, -self._of_household[one.household], one.since))
        leaving = waiting[: max(1, min(_MOST_GIVING_WAY, len(waiting) // 8))]
        for connection in leaving:
            self.remove(connection)
            connection.drop()
        return bool(leaving)
