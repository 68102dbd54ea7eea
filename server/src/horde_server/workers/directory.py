"""The workers that are online, mirrored in memory.

A pop finds its worker here without a query. Rows are written when something changed, else at most every 30 s; other
nodes hear of a change by notice and reload the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Offer
from horde_server.workers.abilities import Abilities, decode_abilities, make_offer

ONLINE_S = 300.0
"""A worker is online when it checked in within this many seconds."""
DEFAULT_SPEED = 1_000_000.0
"""Pixelsteps per second assumed of a worker without samples."""

_COLUMNS = """worker.id, worker.name, worker.kind, worker.account_id, worker.maintenance, worker.maintenance_msg,
    worker.paused, worker.abilities::text, account.trusted,
    (SELECT avg(sample) FROM unnest(worker.speeds) AS sample), extract(epoch from worker.last_check_in_at)::float8"""


@dataclass(slots=True)
class OnlineWorker:
    """One worker in memory. Speeds are raw things per second, times seconds since the epoch."""

    id: UUID
    name: str
    kind: str
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
            worker_id=self.id,
            owner_id=self.account_id,
            owner_trusted=self.owner_trusted,
            speed=self.speed,
            maintenance=self.maintenance,
            paused=self.paused,
        )


def _from_row(row: tuple[Any, ...]) -> OnlineWorker:
    (worker_id, name, kind, account_id, maintenance, message, paused, abilities, trusted, speed, checked_in_s) = row
    known = decode_abilities(abilities)
    speed = float(speed) if speed is not None else DEFAULT_SPEED
    offer = make_offer(
        known,
        worker_id=worker_id,
        owner_id=account_id,
        owner_trusted=trusted,
        speed=speed,
        maintenance=maintenance,
        paused=paused,
    )
    return OnlineWorker(
        worker_id, name, kind, account_id, maintenance, message, paused, known, trusted, speed, checked_in_s,
        checked_in_s, offer,
    )  # fmt: skip


class WorkerDirectory:
    """See the module. Belongs to the event loop."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], queues: Mapping[str, LiveQueue], clock: Callable[[], float]
    ) -> None:
        """`queues` by the kind of worker they serve."""
        self._pool = pool
        self._queues = queues
        self._clock = clock
        self._by_name: dict[str, OnlineWorker] = {}
        self._by_id: dict[UUID, OnlineWorker] = {}

    def online(self, kind: str | None = None) -> list[OnlineWorker]:
        """Workers, of one kind or all, that checked in within the last five minutes."""
        since = self._clock() - ONLINE_S
        return [
            worker
            for worker in self._by_id.values()
            if worker.last_check_in_s >= since and (kind is None or worker.kind == kind)
        ]

    async def find(self, name: str) -> OnlineWorker | None:
        """The worker of that name, from memory or the database."""
        known = self._by_name.get(name)
        if known is not None:
            return known
        async with self._pool.connection() as conn:
            cursor = await conn.execute(
                f"SELECT {_COLUMNS} FROM worker JOIN account ON account.id = worker.account_id WHERE worker.name = %s",
                (name,),
            )
            row = await cursor.fetchone()
        return self._keep(_from_row(row)) if row else None

    async def reload(self, ids: Iterable[UUID] | None = None) -> None:
        """Read workers anew: the named ones, or all that are online."""
        async with self._pool.connection() as conn:
            if ids is None:
                where, parameters = "worker.last_check_in_at > now() - make_interval(secs => %s)", (ONLINE_S,)
            else:
                where, parameters = "worker.id = ANY(%s)", (list(ids),)  # type: ignore[assignment]
            cursor = await conn.execute(
                f"SELECT {_COLUMNS} FROM worker JOIN account ON account.id = worker.account_id WHERE {where}",
                parameters,
            )
            rows = await cursor.fetchall()
        for row in rows:
            self._keep(_from_row(row))

    def drop_stale(self) -> None:
        """Forget workers that went offline, here and in the queue."""
        since = self._clock() - ONLINE_S
        for worker in [w for w in self._by_id.values() if w.last_check_in_s < since]:
            del self._by_id[worker.id]
            del self._by_name[worker.name]
            self._queues[worker.kind].drop_worker(worker.id)

    def _keep(self, fresh: OnlineWorker) -> OnlineWorker:
        known = self._by_id.get(fresh.id)
        if known is None:
            self._by_id[fresh.id] = self._by_name[fresh.name] = known = fresh
        else:
            if known.name != fresh.name:
                del self._by_name[known.name]
                self._by_name[fresh.name] = known
            known.name = fresh.name
            known.maintenance, known.maintenance_msg = fresh.maintenance, fresh.maintenance_msg
            known.paused, known.owner_trusted, known.speed = fresh.paused, fresh.owner_trusted, fresh.speed
            if fresh.last_check_in_s > known.last_check_in_s:  # it popped at another node since
                known.abilities = fresh.abilities
                known.last_check_in_s = known.written_s = fresh.last_check_in_s
            known.renew_offer()
        if known.last_check_in_s >= self._clock() - ONLINE_S:
            self._queues[known.kind].view(known.offer)
        return known
