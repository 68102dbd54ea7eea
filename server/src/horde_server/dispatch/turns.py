"""One requester's turns: each further open request starts a step behind the one before it (docs/fairness.md).

Where a request starts is its key (`order.py`). Who has requests open and sends another one starts it at best a step
behind the last of them, a step for each image of that one: so sending many at once wins nothing, they line up behind
each other and everybody else's come in between. What has been served no longer holds anybody up, but the head start
that it used is used: it grows back as time passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.http.networks import household

STEP_S = 30.0
"""Seconds of waiting that each image puts between a request and the next one of the same requester."""
ANONYMOUS_ID = 0
LOOK_BACK = 16
"""Requests of an account that are looked at for one that another server process took: nearly always the first is it."""
MOST_IDLE = 10_000
"""Requesters remembered beyond those that had to be when it was last looked."""
USED_HEAD_START_KEPT_S = 3600.0
"""Twice the default head start: what was used so long ago has grown back."""

_Requester = int | str


class Turns:
    """Where the next request of each requester starts. Not thread-safe: it belongs to the event loop.

    An account's open requests are known to every server process; those that are just being stored, and Anonymous's,
    only to the one that took them. Anonymous is everybody: there an address is a requester.
    """

    def __init__(self, queue: LiveQueue) -> None:
        self._queue = queue
        self._arriving: set[RequestId] = set()
        self._next_starts: dict[_Requester, dict[RequestId, float]] = {}  # by request: where the one behind it starts
        self._used: dict[_Requester, float] = {}  # of who had a head start: where the next one starts at best
        self._forget_beyond = MOST_IDLE

    @contextmanager
    def turn(
        self, request_id: RequestId, account_id: int, address: str, *, jobs: int, earliest_key: float
    ) -> Iterator[float]:
        """The key of a new request of so many jobs, valid while it is being stored. O(1) amortised.

        `earliest_key` is where it may start by its arrival and its payer's kudos.
        """
        requester: _Requester = household(address) if account_id == ANONYMOUS_ID else account_id
        now_s = self._queue.now()
        behind_open, used = self._behind(requester)
        key = max(earliest_key, behind_open, min(used, now_s))
        self._arriving.add(request_id)
        self._next_starts.setdefault(requester, {})[request_id] = key + STEP_S * jobs
        if earliest_key < now_s:
            self._used[requester] = key + STEP_S * jobs
        try:
            yield key
        finally:
            self._arriving.discard(request_id)
        if len(self._next_starts) + len(self._used) > self._forget_beyond:
            self._forget_idle(now_s)

    def _behind(self, requester: _Requester) -> tuple[float, float]:
        """Where the next request starts at best: behind the last open one, and by the head start that is used."""
        behind_open, used = float("-inf"), self._used.get(requester, float("-inf"))
        mine = self._next_starts.get(requester, {})
        while mine:
            newest = next(reversed(mine))
            if self._is_open(newest):
                behind_open = mine[newest]
                break
            del mine[newest]
        while mine and not self._is_open(oldest := next(iter(mine))):
            del mine[oldest]
        if isinstance(requester, int):  # what other server processes took, or this one before its start
            for entry in islice(self._queue.latest_of(requester), LOOK_BACK):
                start = entry.key + STEP_S * entry.state.jobs
                used = max(used, start)
                if not entry.state.is_done:
                    behind_open = max(behind_open, start)
        return behind_open, used

    def _is_open(self, request_id: RequestId) -> bool:
        if request_id in self._arriving:
            return True
        entry = self._queue.entries.get(request_id)
        return entry is not None and not entry.state.is_done

    def _forget_idle(self, now_s: float) -> None:
        for requester in [who for who, mine in self._next_starts.items() if not any(map(self._is_open, mine))]:
            del self._next_starts[requester]
        for requester in [who for who, used in self._used.items() if used < now_s - USED_HEAD_START_KEPT_S]:
            del self._used[requester]
        self._forget_beyond = len(self._next_starts) + len(self._used) + MOST_IDLE
