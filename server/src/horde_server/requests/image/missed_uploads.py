"""Workers who said `R2` without having uploaded: their network may not reach the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

REMEMBERED_S = 600.0
MISSED, ARRIVED = "upload_missed", "upload_arrived"
"""Topics of notices to the other processes, with the ids of workers."""


class MissedUploads:
    """Remembers them for ten minutes, or until an upload of theirs arrives; in memory, and all processes the same.

    Meanwhile jobs whose image may as well come inline (`r2: false`) reach them without an address, so that they send it
    with the submit. All others get one (workers.md §7.5): published workers serve no job without.
    A process that starts knows of none: one more job of such a worker fails.
    """

    def __init__(self, clock: Callable[[], float], publish: Callable[[str, Iterable[str]], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._until_s: dict[UUID, float] = {}

    def missed(self, worker_id: UUID) -> None:
        """What it said it uploaded is not there, or is no image."""
        self._remember(worker_id)
        self._publish(MISSED, [str(worker_id)])

    def arrived(self, worker_id: UUID) -> None:
        """An upload of this worker is there. Nearly always there was none missed: then nobody is told."""
        if self._until_s.pop(worker_id, None) is not None:
            self._publish(ARRIVED, [str(worker_id)])

    def heard(self, topic: str, worker_ids: Iterable[str]) -> None:
        """What another process noted; other topics are none of ours."""
        if topic == MISSED:
            for worker_id in map(UUID, worker_ids):
                self._remember(worker_id)
        elif topic == ARRIVED:
            for worker_id in map(UUID, worker_ids):
                self._until_s.pop(worker_id, None)

    def _remember(self, worker_id: UUID) -> None:
        now = self._clock()
        self._until_s = {known: until for known, until in self._until_s.items() if until > now}
        self._until_s[worker_id] = now + REMEMBERED_S

    def __contains__(self, worker_id: UUID) -> bool:
        return self._until_s.get(worker_id, 0.0) > self._clock()

    def __len__(self) -> int:
        return len(self._until_s)
