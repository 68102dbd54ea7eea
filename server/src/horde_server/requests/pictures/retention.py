"""How long images stay (storage.md §6): none outlives what needs it by much, and none goes before.

What a request owned is deleted by durable tasks, deferred in the transaction that removes the request. The sweep takes
what nobody owns: uploaded and never submitted, or after the request had gone, or left when a task was given up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
import structlog

from horde_server.blobs.choice import BlobStores, Purpose
from horde_server.blobs.store import ID_CHARACTERS, BlobStoreFailed, uploaded_key
from horde_server.database.pool import Connection, Pool
from horde_server.dispatch.store import Expired, requests_older_than
from horde_server.requests.pictures import store
from horde_server.requests.pictures.result_links import result_key
from horde_server.requests.pictures.source_images import decode_sources
from horde_server.tasks.kind import MAX_TIME_LIMIT_S, Backoff, NoArgs, TaskKind, TryLater
from horde_server.tasks.queue import TaskQueue

log = structlog.get_logger(__name__)

KEYS_PER_TASK = 500
SWEEP_TIMES = "*/10 * * * *"


class Deletion(msgspec.Struct):
    """Blobs of one purpose. `was_needed`: at the last look, so that a link to them may have been signed since."""

    purpose: Purpose
    keys: list[str]
    was_needed: bool = False


DELETE = TaskKind("blobs.delete", Deletion, Backoff(attempts=30))
SWEEP = TaskKind("blobs.sweep", NoArgs, Backoff(attempts=3, first_s=30), time_limit_s=MAX_TIME_LIMIT_S)


@dataclass(frozen=True, slots=True)
class Released:
    """Keys that a request owned which is being removed."""

    sources: Sequence[str] = ()
    results: Sequence[str] = ()


class BlobRetention:
    """Deletes the blobs of requests that are removed, and those that nobody owns."""

    def __init__(
        self,
        pool: Pool,
        stores: BlobStores,
        tasks: TaskQueue,
        *,
        lifetime_s: float,
        link_s: float,
    ) -> None:
        """`lifetime_s`: how old is old for what nobody owns; `link_s`: how long a signed address may be good."""
        self._pool = pool
        self._stores = stores
        self._tasks = tasks
        self._lifetime_s = lifetime_s
        self._link_s = link_s
        tasks.add(DELETE, self._delete)
        tasks.every(SWEEP_TIMES, SWEEP, self.sweep)

    async def release_of(self, conn: Connection, expired: Iterable[Expired]) -> None:
        """`release` for requests that have expired."""
        await self.release(
            conn,
            [
                Released(
                    sources=decode_sources(request.sources).keys if request.sources else (),
                    results=[result_key(job_id) for job_id in request.job_ids],
                )
                for request in expired
            ],
        )

    async def release(self, conn: Connection, released: Iterable[Released]) -> None:
        """Requests are removed in the caller's transaction: their sources go at once, results when no link leads there.

        The last link to a result may have been signed a moment ago, and is good as long as it says.
        """
        gone = list(released)
        await self.delete(conn, Purpose.SOURCES, [key for each in gone for key in each.sources])
        results = [key for each in gone for result in each.results for key in (result, uploaded_key(result))]
        await self.delete(conn, Purpose.RESULTS, results, delay_s=self._link_s)

    async def delete(
        self, conn: Connection, purpose: Purpose, keys: list[str], *, delay_s: float = 0.0, was_needed: bool = False
    ) -> None:
        """Have blobs deleted, if the caller's transaction is committed."""
        starts = range(0, len(keys), KEYS_PER_TASK)
        tasks = [Deletion(purpose, keys[start : start + KEYS_PER_TASK], was_needed) for start in starts]
        await self._tasks.defer(conn, DELETE, *tasks, delay_s=delay_s)

    async def sweep(self) -> None:
        """Remove what is old and nobody's."""
        async with self._pool.connection() as conn:
            # a margin, as pictures are stored shortly before their request
            age_s = self._lifetime_s / 2
            owned = [
                *await requests_older_than(conn, age_s),
                *await store.owners(conn, age_s=age_s, deletion=DELETE.name),
            ]
        spared = frozenset(map(str, owned))
        try:
            removed = sum([await blobs.sweep(self._lifetime_s, spared) for blobs in self._stores.transient])
        except BlobStoreFailed as failure:
            raise TryLater(failure.message) from failure
        log.info("blobs.swept", removed=removed)

    async def _delete(self, deletion: Deletion) -> None:
        blobs = self._stores.of(deletion.purpose)
        if blobs is None:  # the operator has taken that store away, with all that was in it
            return
        needed = await self._needed(deletion)
        rest = [key for key in deletion.keys if key not in needed]
        if not deletion.was_needed:
            try:
                await blobs.delete(rest)
            except BlobStoreFailed as failure:
                raise TryLater(failure.message) from failure
            rest = []
        if needed or rest:
            async with self._pool.connection() as conn, conn.transaction():
                await self.delete(conn, deletion.purpose, needed, delay_s=self._link_s, was_needed=True)
                await self.delete(conn, deletion.purpose, rest, delay_s=self._link_s)

    async def _needed(self, deletion: Deletion) -> list[str]:
        """Keys of images that are owed to somebody who looks after them no more once they have arrived."""
        if deletion.purpose is not Purpose.RESULTS:
            return []
        async with self._pool.connection() as conn:
            owed = await store.owed(conn, [UUID(key[:ID_CHARACTERS]) for key in deletion.keys])
        return [key for key in deletion.keys if UUID(key[:ID_CHARACTERS]) in owed]
