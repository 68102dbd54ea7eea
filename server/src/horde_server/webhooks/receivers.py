"""Patience with receivers, so that one which is slow or dead takes no time from the others."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from horde_server.tasks.kind import Backoff

AT_A_TIME = 4
"""Deliveries under way to one host, and for one account, of this node."""
FOR_ONE_AT_A_TIME = 2
"""Of one account to one host: a host is shared by many (a chat's, a cloud's), and leaves places for the others."""
_SILENCE = Backoff(attempts=1, first_s=5.0, cap_s=900.0)
_MOST_REMEMBERED = 10_000


class Receivers:
    """What this node knows of the hosts it delivers to. Belongs to the event loop.

    Silence is an account's own at a host: where thousands have their addresses, one that never answers says nothing of
    the others.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: monotonic seconds."""
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._turns: dict[str, deque[float]] = {}  # of a busy host or account: when those who wait come again
        # host and account: how often in a row it was silent, and until when it is left alone
        self._silent: dict[tuple[str, int], tuple[int, float]] = {}

    def wait_s(self, host: str, account_id: int) -> float:
        """0 when a delivery may start now, else how long to wait: longer, the more wait already."""
        now_s = self._clock()
        _, silent_until_s = self._silent.get((host, account_id), (0, 0.0))
        if silent_until_s > now_s:
            return (silent_until_s - now_s) * random.uniform(1.0, 1.5)
        places = _places(host, account_id)
        busy = next((name for name, most in places.items() if self._under_way[name] >= most), None)
        if busy is None:
            return 0.0
        turns = self._turns.setdefault(busy, deque())
        while turns and turns[0] <= now_s:
            turns.popleft()
        wait_s = random.uniform(1.0, 2.0) * (1 + len(turns) / places[busy])
        turns.append(max(now_s + wait_s, turns[-1] if turns else 0.0))
        return wait_s

    @contextmanager
    def delivering(self, host: str, account_id: int) -> Iterator[None]:
        """While a delivery is under way."""
        names = _places(host, account_id)
        self._under_way.update(names.keys())
        try:
            yield
        finally:
            for name in names:
                self._under_way[name] -= 1
                if not self._under_way[name]:
                    del self._under_way[name]
                    self._turns.pop(name, None)

    def answered(self, host: str, account_id: int) -> None:
        """It is there, whatever it said."""
        self._silent.pop((host, account_id), None)

    def was_silent(self, host: str, account_id: int) -> None:
        """It could not be reached, or took too long: it is left alone for a while, longer each time."""
        place = host, account_id
        if place not in self._silent and len(self._silent) >= _MOST_REMEMBERED:
            del self._silent[next(iter(self._silent))]
        times = self._silent.get(place, (0, 0.0))[0] + 1
        self._silent[place] = (times, self._clock() + _SILENCE.wait_s(times))


def _places(host: str, account_id: int) -> dict[str, int]:
    """What a delivery takes a place of, and how many places each has."""
    account = f"account {account_id}"  # no host has a blank
    return {host: AT_A_TIME, account: AT_A_TIME, f"{host} {account}": FOR_ONE_AT_A_TIME}
