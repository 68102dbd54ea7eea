"""Workers whose results did not begin with what they had streamed: too many, and they stream no more for a day.

Each node counts what it sees, and what the others tell; a restart forgets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import UUID

MOST_A_DAY = 20
_DAY_S = 24 * 3600


class Mismatches:
    """Counts by worker and day. Belongs to the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._day = 0
        self._counts: Counter[UUID] = Counter()
        self.all = 0

    def note(self, worker_id: UUID) -> None:
        """Another one."""
        if (day := int(self._clock()) // _DAY_S) != self._day:
            self._day = day
            self._counts.clear()
        self._counts[worker_id] += 1
        self.all += 1

    def are_too_many(self, worker_id: UUID) -> bool:
        """Whether what this worker streams is not relayed any more today."""
        return bool(self._counts) and (
            self._counts[worker_id] >= MOST_A_DAY and int(self._clock()) // _DAY_S == self._day
        )
