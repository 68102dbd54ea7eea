"""Workers who said `R2` without having uploaded: their network may not reach the store."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

REMEMBERED_S = 600.0


class MissedUploads:
    """Remembers them for ten minutes, or until an upload of theirs arrives; in memory, each process for itself.

    Meanwhile jobs whose image may as well come inline (`r2: false`) reach them without an address, so that they send it
    with the submit. All others get one (alchemy-and-operations.md §2.2): published workers serve no job without.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until_s: dict[UUID, float] = {}

    def missed(self, worker_id: UUID) -> None:
        """What it said it uploaded is not there, or is no image."""
        now = self._clock()
        self._until_s = {known: until for known, until in self._until_s.items() if until > now}
        self._until_s[worker_id] = now + REMEMBERED_S

    def arrived(self, worker_id: UUID) -> None:
        """An upload of this worker is there."""
        self._until_s.pop(worker_id, None)

    def __contains__(self, worker_id: UUID) -> bool:
        return self._until_s.get(worker_id, 0.0) > self._clock()

    def __len__(self) -> int:
        return len(self._until_s)
