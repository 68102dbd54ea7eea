"""The live queues of all kinds, kept in step with the database; what workers let lie goes back to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch import job_store, store
from horde_server.dispatch.announcements import Announcements
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.job_store import TakenBack
from horde_server.dispatch.kind import Kind

log = structlog.get_logger(__name__)

KEEP_DONE_S = 60.0
"""Finished requests stay in memory this long, for the checks that come right after."""
_BATCH = 500


Removing: TypeAlias = Callable[[store.Connection, Sequence[store.Expired]], Awaitable[None]]
"""What else happens in the transaction that removes requests whose kind has blobs of its own."""


class Mirror:
    """The bridge between live queues and rows. Belongs to the event loop."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        dispatchers: Mapping[str, Dispatcher[Any]],
        publish: Callable[[str, Iterable[str]], None],
        removing: Removing,
        announcements: Announcements,
    ) -> None:
        """`dispatchers` by the name of their kind."""
        self._announcements = announcements
        self.listened: Callable[[], Collection[UUID]] = tuple  # requests that somebody listens to, on whichever node
        self.lose: Callable[[Sequence[JobId]], None] = lambda _: None  # lets whoever listens to them give these back
        self._removing = removing
        self._pool = pool
        self._dispatchers = dispatchers
        self._publish = publish

    async def load(self) -> None:
        """Fill the queues at start."""
        async with self._pool.connection() as conn:
            rows = await store.load_open(conn)
        for row in rows:
            self._dispatchers[row.kind].mirror(row)

    async def refresh(self, ids: Iterable[str]) -> None:
        """Other nodes changed these requests."""
        wanted = [RequestId(UUID(text)) for text in ids]
        async with self._pool.connection() as conn:
            rows = await store.fetch_requests(conn, wanted)
        for row in rows:
            self._dispatchers[row.kind].mirror(row)
        self._remove(set(wanted) - {row.state.id for row in rows})

    async def reconcile(self) -> None:
        """Compare with the truth, so that a missed notice heals itself."""
        async with self._pool.connection() as conn:
            truth = dict(await store.fetch_states(conn))
        known = {entry.id: entry for each in self._dispatchers.values() for entry in each.queue.entries.values()}
        stale = [i for i, version in truth.items() if i not in known or known[i].state.version < version]
        stale += [entry.id for entry in known.values() if entry.id not in truth and not entry.state.is_done]
        for start in range(0, len(stale), _BATCH):
            await self.refresh([str(request_id) for request_id in stale[start : start + _BATCH]])
        for dispatcher in self._dispatchers.values():
            dispatcher.queue.forget_done(KEEP_DONE_S)

    async def resumed(self) -> None:
        """The horde was down: all times in memory were put off in the database."""
        for dispatcher in self._dispatchers.values():
            dispatcher.held_jobs.forget()
        await self.reconcile()

    async def sweep(self) -> list[UUID]:
        """Return overdue jobs to their queues and forget what expired; the workers that let jobs lie."""
        swept: list[tuple[RequestState, list[UUID]]] = []
        expired: list[store.Expired] = []
        async with self._pool.connection() as conn:
            due = await store.whats_due(conn)
            if due.overdue_jobs:
                async with conn.transaction():
                    swept = await job_store.sweep_overdue(conn, self.listened())
                    await self._announcements.changed(conn, [state for state, _ in swept])
            if due.expired_requests:
                async with conn.transaction():
                    expired = await store.delete_expired(conn)
                    await self._removing(conn, [*self._with_pictures(expired)])
                    await self._announcements.expired(conn, [each.ended for each in expired if each.ended])
        dropped: list[UUID] = []
        for state, workers in swept:
            dropped += workers
            self._take_over(state, workers)
        self.removed(request.id for request in expired)
        if swept or expired:
            self._publish("request", [str(state.id) for state, _ in swept])
            log.info("dispatch.swept", overdue_requests=len(swept), expired_requests=len(expired))
        return dropped

    async def cancel_waiting(self) -> None:
        """Take back what waits of every request: the horde goes into maintenance."""
        async with self._pool.connection() as conn, conn.transaction():
            states = await store.cancel_waiting(conn)
            await self._announcements.changed(conn, states)
        for state in states:
            self.changed(state)
        log.info("dispatch.cancelled_waiting", requests=len(states))

    async def cancel_waiting_of(self, conn: AsyncConnection[Any], account_ids: Sequence[int]) -> list[RequestState]:
        """Take back what waits of these accounts' requests, within the caller's transaction.

        Who then tells us by `changed`.
        """
        states = await store.cancel_waiting_of(conn, account_ids)
        await self._announcements.changed(conn, states)
        return states

    async def take_back(self, conn: AsyncConnection[Any], worker_id: UUID) -> TakenBack:
        """Return the jobs of a worker that goes, within the caller's transaction, who then tells us by `taken_back`."""
        taken = await job_store.take_back(conn, worker_id, self._gone_on_with(self.listened()))
        await self._announcements.changed(conn, taken.states)
        return taken

    def taken_back(self, taken: TakenBack) -> None:
        """Jobs were taken back here: tell all that need to know."""
        for state in taken.states:
            self.changed(state)
        self.lose(taken.left)

    def _gone_on_with(self, request_ids: Iterable[UUID]) -> list[UUID]:
        """Those of these requests of which another worker may go on with what was told."""
        return [
            request_id
            for request_id in request_ids
            for dispatcher in self._dispatchers.values()
            if (entry := dispatcher.queue.entries.get(RequestId(request_id))) is not None
            and dispatcher.kind.may_resume(entry.order)
        ]

    def changed(self, state: RequestState) -> None:
        """A request changed here: take its new state over and tell the other nodes."""
        self._take_over(state)
        self._publish("request", [str(state.id)])

    def removed(self, ids: Iterable[RequestId]) -> None:
        """Requests were removed here: forget them and tell the other nodes."""
        gone = list(ids)
        if gone:
            self._remove(gone)
            self._publish("request", map(str, gone))

    def _with_pictures(self, expired: Iterable[store.Expired]) -> Iterator[store.Expired]:
        """Those that own blobs; of kinds whose results are none, the pictures that were given alone."""
        for request in expired:
            if self._kind_of(request).owns_blobs:
                yield request
            elif request.sources:
                yield request._replace(job_ids=[])

    def _kind_of(self, request: store.Expired) -> Kind[Any]:
        return self._dispatchers[request.kind].kind

    def _take_over(self, state: RequestState, failed_workers: Iterable[UUID] = ()) -> None:
        for dispatcher in self._dispatchers.values():
            if state.id in dispatcher.queue.entries:
                for worker_id in failed_workers:
                    dispatcher.queue.note_fault(state.id, worker_id)
                dispatcher.queue.update(state)

    def _remove(self, ids: Iterable[RequestId]) -> None:
        for request_id in ids:
            for dispatcher in self._dispatchers.values():
                dispatcher.queue.remove(request_id)
