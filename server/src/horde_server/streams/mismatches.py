"""Workers whose results did not begin with what they had streamed: too many, and they stream no more for a day.

Each node counts what it sees, and what the others tell; a restart forgets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import UUID

from horde_server.dispatch.ids import JobId

MOST_A_DAY = 20
_MOST_JOBS = 20_000
_DAY_S = 24 * 3600


class Mismatches:
    """Counts by worker and day. Belongs to the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._day = 0
        self._counts: Counter[UUID] = Counter()
        self._jobs: set[JobId] = set()
        self.all = 0
        self.seen: Callable[[UUID], None] = lambda _: None
        """Lets the other nodes know."""

    def note_job(self, job_id: JobId, worker_id: UUID) -> None:
        """A result was seen here that did not begin with what had been streamed of it: counted once for each job."""
        if job_id in self._jobs:
            return
        if len(self._jobs) >= _MOST_JOBS:
            self._jobs.clear()
        self._jobs.add(job_id)
        self.note(worker_id)
        self.seen(worker_id)

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
