"""Patience with receivers, so that one which is slow or dead takes no time from the others."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from horde_server.tasks.kind import Backoff

AT_A_TIME = 4
"""Deliveries under way to one host, and for one account, of this node."""
_SILENCE = Backoff(attempts=1, first_s=5.0, cap_s=900.0)
_MOST_REMEMBERED = 10_000


class Receivers:
    """What this node knows of the hosts it delivers to. Belongs to the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: monotonic seconds."""
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._turns: dict[str, deque[float]] = {}  # of a busy host or account: when those who wait come again
        self._silent: dict[str, tuple[int, float]] = {}  # hosts: how often in a row, and until when they are left alone

    def wait_s(self, host: str, account_id: int) -> float:
        """0 when a delivery may start now, else how long to wait: longer, the more wait already."""
        now_s = self._clock()
        _, silent_until_s = self._silent.get(host, (0, 0.0))
        if silent_until_s > now_s:
            return (silent_until_s - now_s) * random.uniform(1.0, 1.5)
        busy = next((name for name in _names(host, account_id) if self._under_way[name] >= AT_A_TIME), None)
        if busy is None:
            return 0.0
        turns = self._turns.setdefault(busy, deque())
        while turns and turns[0] <= now_s:
            turns.popleft()
        wait_s = random.uniform(1.0, 2.0) * (1 + len(turns) / AT_A_TIME)
        turns.append(max(now_s + wait_s, turns[-1] if turns else 0.0))
        return wait_s

    @contextmanager
    def delivering(self, host: str, account_id: int) -> Iterator[None]:
        """While a delivery is under way."""
        names = _names(host, account_id)
        self._under_way.update(names)
        try:
            yield
        finally:
            for name in names:
                self._under_way[name] -= 1
                if not self._under_way[name]:
                    del self._under_way[name]
                    self._turns.pop(name, None)

    def answered(self, host: str) -> None:
        """It is there, whatever it said."""
        self._silent.pop(host, None)

    def was_silent(self, host: str) -> None:
        """It could not be reached, or took too long: it is left alone for a while, longer each time."""
        if host not in self._silent and len(self._silent) >= _MOST_REMEMBERED:
            del self._silent[next(iter(self._silent))]
        times = self._silent.get(host, (0, 0.0))[0] + 1
        self._silent[host] = (times, self._clock() + _SILENCE.wait_s(times))


def _names(host: str, account_id: int) -> tuple[str, str]:
    return host, f"account {account_id}"  # no host has a blank
