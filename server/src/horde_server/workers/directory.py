"""The workers that are online, mirrored in memory.

A pop finds its worker here without a query. Rows are written when something changed, else at most every 30 s; other
nodes hear of a change by notice and reload the row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch.abilities import Abilities, decode_abilities
from horde_server.dispatch.kind import WorkerRules
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.offers import make_offer
from horde_server.dispatch.refusal import Offer
from horde_server.workers import store
from horde_server.workers.store import ONLINE_S, WorkerRow


@dataclass(slots=True)
class OnlineWorker:
    """One worker in memory. Speeds are raw things per second, or seconds a form; times seconds since the epoch."""

    id: UUID
    name: str
    kind: WorkerRules
    account_id: int
    maintenance: bool
    maintenance_msg: str | None
    paused: bool
    abilities: Abilities
    owner_trusted: bool
    speed: float
    last_check_in_s: float
    written_s: float
    offer: Offer

    def renew_offer(self) -> None:
        """Compute the offer anew after a change of any part."""
        self.offer = make_offer(
            self.abilities,
            kind=self.kind,
            worker_id=self.id,
            owner_id=self.account_id,
            owner_trusted=self.owner_trusted,
            speed=self.speed,
            maintenance=self.maintenance,
            paused=self.paused,
        )


def _from_row(row: WorkerRow, kind: WorkerRules) -> OnlineWorker:
    abilities = decode_abilities(row.abilities)
    speed = float(row.speed) if row.speed is not None else kind.default_speed
    offer = make_offer(
        abilities,
        kind=kind,
        worker_id=row.id,
        owner_id=row.account_id,
        owner_trusted=row.owner_trusted,
        speed=speed,
        maintenance=row.maintenance,
        paused=row.paused,
    )
    return OnlineWorker(
        row.id, row.name, kind, row.account_id, row.maintenance, row.maintenance_msg, row.paused, abilities,
        row.owner_trusted, speed, row.last_check_in_s, row.last_check_in_s, offer,
    )  # fmt: skip


def _seen(worker: OnlineWorker) -> tuple[object, ...]:
    """What anybody may see of a worker, as far as it is mirrored."""
    return worker.name, worker.maintenance, worker.paused, worker.owner_trusted, worker.abilities


class WorkerDirectory:
    """The mirror of workers online. Belongs to the event loop."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        kinds: Mapping[str, WorkerRules],
        queues: Mapping[str, LiveQueue],
        publish: Callable[[str, Iterable[str]], None],
        clock: Callable[[], float],
    ) -> None:
        """`kinds` and `queues` by the name of the kind of worker they serve."""
        self._pool = pool
        self._kinds = kinds
        self._queues = queues
        self._publish = publish
        self._clock = clock
        self._by_name: dict[str, OnlineWorker] = {}
        self._by_id: dict[UUID, OnlineWorker] = {}
        self.version = 0
        """Grows with every change that anybody may see, but for figures that grow by themselves."""

    def touch(self) -> None:
        """A worker was changed in a way that anybody may see."""
        self.version += 1

    def has_kind(self, name: str) -> bool:
        """Whether there are workers of such a kind here."""
        return name in self._kinds

    def has_any_of(self, account_id: int) -> bool:
        """Whether a worker of this account is remembered. O(workers)."""
        return any(worker.account_id == account_id for worker in self._by_id.values())

    def online(self, kind: str | None = None) -> list[OnlineWorker]:
        """Workers, of one kind or all, that checked in within the last five minutes."""
        since = self._clock() - ONLINE_S
        return [
            worker
            for worker in self._by_id.values()
            if worker.last_check_in_s >= since and (kind is None or worker.kind.name == kind)
        ]

    def known(self, worker_id: UUID) -> OnlineWorker | None:
        """A worker as it is remembered here, if it is."""
        return self._by_id.get(worker_id)

    async def find(self, name: str) -> OnlineWorker | None:
        """The worker of that name, from memory or the database."""
        known = self._by_name.get(name)
        if known is not None:
            return known
        async with self._pool.connection() as conn:
            row = await store.find_by_name(conn, name)
        return self._keep(self._from_row(row)) if row else None

    async def reload(self, ids: Iterable[UUID] | None = None) -> None:
        """Read workers anew: the named ones, or all that are online. Those that were deleted are forgotten."""
        async with self._pool.connection() as conn:
            # asked for before the query, so that one which a pop creates meanwhile is not taken for deleted
            expected = set(self._by_id) if ids is None else set(ids)
            if ids is None:
                rows = await store.find_online(conn, list(expected))
            else:
                rows = await store.find_by_ids(conn, list(expected))
        for row in rows:
            self._keep(self._from_row(row))
        for gone in expected - {row.id for row in rows}:
            self.forget(gone)

    async def changed(self, ids: Collection[UUID]) -> None:
        """These were changed or deleted in the database: take that over, here and on the other nodes."""
        await self.reload(ids)
        self.touch()
        self._publish("worker", map(str, ids))

    async def reload_of(self, account_ids: Collection[int]) -> None:
        """Read the workers of these accounts anew: their owner's roles changed, or all were paused or freed."""
        theirs = [worker.id for worker in self._by_id.values() if worker.account_id in account_ids]
        if theirs:
            await self.reload(theirs)
            self.touch()

    def forget(self, worker_id: UUID) -> None:
        """Forget a worker that is offline or deleted, here and in the queue."""
        worker = self._by_id.pop(worker_id, None)
        if worker is None:
            return
        self.touch()
        self._forget_name(worker)
        self._queues[worker.kind.name].drop_worker(worker_id)

    def forget_banned(self, is_banned: Callable[[int, str], bool]) -> None:
        """Forget workers that are banned by owner or name: a pop that waits ends, and nobody counts on them."""
        for worker in [each for each in self._by_id.values() if is_banned(each.account_id, each.name)]:
            self.forget(worker.id)

    def drop_stale(self) -> None:
        """Forget workers that went offline."""
        since = self._clock() - ONLINE_S
        for worker in [w for w in self._by_id.values() if w.last_check_in_s < since]:
            self.forget(worker.id)

    def _forget_name(self, worker: OnlineWorker) -> None:
        if self._by_name.get(worker.name) is worker:  # else somebody else has the name by now
            del self._by_name[worker.name]

    def _from_row(self, row: WorkerRow) -> OnlineWorker:
        return _from_row(row, self._kinds[row.kind])

    def _keep(self, fresh: OnlineWorker) -> OnlineWorker:
        known = self._by_id.get(fresh.id)
        if known is None:
            self._by_id[fresh.id] = self._by_name[fresh.name] = known = fresh
            self.touch()
        else:
            if _seen(known) != _seen(fresh):
                self.touch()
            if known.name != fresh.name:
                self._forget_name(known)
                self._by_name[fresh.name] = known
            known.name = fresh.name
            known.maintenance, known.maintenance_msg = fresh.maintenance, fresh.maintenance_msg
            known.paused, known.owner_trusted, known.speed = fresh.paused, fresh.owner_trusted, fresh.speed
            if fresh.last_check_in_s > known.last_check_in_s:  # it popped at another node since
                known.abilities = fresh.abilities
                known.last_check_in_s = known.written_s = fresh.last_check_in_s
            known.renew_offer()
        if known.last_check_in_s >= self._clock() - ONLINE_S:
            self._queues[known.kind.name].view(known.offer)
        return known
