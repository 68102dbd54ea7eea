"""The pops that wait for work at a live queue, and which of them are woken for what."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import Protocol
from uuid import UUID

from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import WorkerView
from horde_server.dispatch.live_queue import LiveQueue


class Waiter(Protocol):
    """Whoever waits for a pop."""

    def tell(self) -> None:
        """There may be work for it."""


@dataclass(eq=False, slots=True)
class _Parked:
    """A pop that waits for work."""

    view: WorkerView
    models: frozenset[str]
    number: int  # the order of parking
    waiter: Waiter


_by_number = attrgetter("number")


class ParkedPops:
    """The pops that wait at one live queue, in the order they came."""

    def __init__(self, queue: LiveQueue) -> None:
        self._queue = queue
        self._numbers = count()
        self._all: dict[_Parked, None] = {}
        self._lanes: dict[str, dict[_Parked, None]] = {}  # by model
        self._of_worker: dict[UUID, dict[_Parked, None]] = {}

    def of_worker(self, worker_id: UUID) -> int:
        """How many of a worker's pops wait."""
        return len(self._of_worker.get(worker_id, ()))

    @contextmanager
    def parked(self, view: WorkerView, waiter: Waiter) -> Iterator[None]:
        """Let a pop wait for the news that there is work for it."""
        parked = _Parked(view, view.offer.models, next(self._numbers), waiter)
        self._all[parked] = None
        self._of_worker.setdefault(view.offer.worker_id, {})[parked] = None
        for model in parked.models:
            self._lanes.setdefault(model, {})[parked] = None
        try:
            yield
        finally:
            self._leave(parked)

    def _leave(self, parked: _Parked) -> None:
        if parked not in self._all:
            return
        del self._all[parked]
        mine = self._of_worker[parked.view.offer.worker_id]
        del mine[parked]
        if not mine:
            del self._of_worker[parked.view.offer.worker_id]
        for model in parked.models:
            lane = self._lanes[model]
            del lane[parked]
            if not lane:
                del self._lanes[model]

    def work_came(self, entry: Entry) -> None:
        """Jobs of a request can be taken: wake as many pops that may take them, the longest parked first."""
        for parked in self._fitting(entry) if self._all else ():
            self._leave(parked)
            parked.waiter.tell()

    def pass_on(self, view: WorkerView) -> None:
        """A pop has gone that may have been woken: what woke it wakes the next."""
        if (entry := next(self._queue.candidates(view), None)) is not None:
            self.work_came(entry)

    def worker_changed(self, worker_id: UUID) -> None:
        """Its offer is another, it went into maintenance or was deleted: its pops look again."""
        for parked in list(self._of_worker.get(worker_id, ())):
            self._leave(parked)
            parked.waiter.tell()

    def wake_all(self) -> None:
        """The node stops."""
        for parked in list(self._all):
            self._leave(parked)
            parked.waiter.tell()

    def _fitting(self, entry: Entry) -> list[_Parked]:
        models = entry.requirement.models
        lanes = [lane for model in models if (lane := self._lanes.get(model))] if models else [self._all]
        found: list[_Parked] = []
        last: _Parked | None = None
        for parked in lanes[0] if len(lanes) == 1 else heapq.merge(*lanes, key=_by_number):
            if parked is not last and self._queue.may_take(entry, parked.view):
                found.append(parked)
                if len(found) >= entry.available:
                    break
            last = parked
        return found
