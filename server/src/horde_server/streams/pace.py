"""How often a worker may send, and how often it should: limits that hold, and a wish that grows under load."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from horde_server.streams.piece import TooManyPieces

POSTS_PER_S = 20.0
"""Of one job."""
BYTES_PER_S = 256 * 1024.0
"""The same."""
WORKER_POSTS_PER_S = 400.0
"""Of one worker: of twenty jobs at once as often as they may, of more at the usual pace."""
WORKER_BYTES_PER_S = 1024 * 1024.0
LEAST_INTERVAL_MS = 100
MOST_INTERVAL_MS = 2000
_NEWLY_S = 3.0
_UNHEARD_NEWLY_MS, _UNHEARD_MS = 200, 1000
"""Between signs of life of a job to which nobody listens: who asked may be about to."""
_EASY_PIECES_PER_S = 2000
"""Of the whole process; at twice as many workers are asked to send half as often."""
_EASY_UNREAD_BYTES = 64 * 1024
"""Of one listener."""


class Pace:
    """What workers send, counted. Belongs to the event loop."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._allowances: dict[UUID, tuple[float, float, float]] = {}  # posts, bytes, as of
        self._second = 0
        self._in_second = 0
        self._last_second = 0

    def count(self, job_id: UUID, worker_id: UUID, size_bytes: int) -> None:
        """Count a piece of a job. Raises `TooManyPieces`: then it is as if it had not come."""
        now = self._monotonic()
        of_job = self._left(job_id, POSTS_PER_S, BYTES_PER_S, now)
        of_worker = self._left(worker_id, WORKER_POSTS_PER_S, WORKER_BYTES_PER_S, now)
        if of_job[0] < 1 or of_worker[0] < 1 or of_job[1] < size_bytes or of_worker[1] < size_bytes:
            raise TooManyPieces
        for key, (posts, size) in ((job_id, of_job), (worker_id, of_worker)):
            self._allowances[key] = (posts - 1, size - size_bytes, now)
        if (second := int(now)) != self._second:
            self._last_second = self._in_second if second == self._second + 1 else 0
            self._second, self._in_second = second, 0
        self._in_second += 1

    def _left(self, key: UUID, posts_per_s: float, bytes_per_s: float, now: float) -> tuple[float, float]:
        known = self._allowances.get(key)
        if known is None:
            return posts_per_s, bytes_per_s
        posts, size, since = known
        return (
            min(posts + (now - since) * posts_per_s, posts_per_s),
            min(size + (now - since) * bytes_per_s, bytes_per_s),
        )

    def interval_ms(self, unread_bytes: int = 0) -> int:
        """How long a worker should wait from piece to piece: longer under load, or where its listener is behind."""
        interval = LEAST_INTERVAL_MS
        load = max(self._last_second, self._in_second) / _EASY_PIECES_PER_S
        load = max(load, unread_bytes / _EASY_UNREAD_BYTES)
        while load > 1 and interval < MOST_INTERVAL_MS:
            interval, load = interval * 2, load / 2
        return min(interval, MOST_INTERVAL_MS)

    def unheard_interval_ms(self, age_s: float) -> int:
        """The same where nobody listens, so long after the job was handed out."""
        return max(self.interval_ms(), _UNHEARD_NEWLY_MS if age_s < _NEWLY_S else _UNHEARD_MS)

    def forget(self) -> None:
        """Forget who has sent nothing for a while."""
        before = self._monotonic() - 10
        for key in [each for each, (_, _, since) in self._allowances.items() if since < before]:
            del self._allowances[key]
