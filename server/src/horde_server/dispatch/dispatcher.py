"""Requests meet workers: accept, hand out, settle, cancel, expire. Rules here, SQL in `store`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch import store
from horde_server.dispatch.entry import Entry, RequestState
from horde_server.dispatch.lease import batch_size, hand_out_seed, ttl_s
from horde_server.dispatch.live_queue import LiveQueue, WorkerView
from horde_server.dispatch.refusal import Offer, usable_models
from horde_server.dispatch.store import Generation, NewRequest, OpenRequest
from horde_server.dispatch.turns import Turns
from horde_server.kudos.ledger import Movement
from horde_server.requests.image.order import ImageOrder, decode_order
from horde_server.requests.image.requirement import requirement
from horde_server.requests.model_reference import baseline

log = structlog.get_logger(__name__)

KEEP_DONE_S = 60.0
"""Finished requests stay in memory this long, for the checks that come right after."""
CLAIM_TRIES = 20


@dataclass(frozen=True, slots=True)
class HandOut:
    """Jobs of one request given to one worker."""

    order: ImageOrder
    model: str
    job_ids: tuple[UUID, ...]
    seed: int
    ttl_s: int


class Dispatcher:
    """The heart of a server process; everything it knows in memory can be rebuilt from the database."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        queue: LiveQueue,
        publish: Callable[[str, Iterable[str]], None],
        *,
        lifetime_s: int,
    ) -> None:
        self._pool = pool
        self.queue = queue
        self.turns = Turns(queue)
        self._publish = publish
        self._lifetime_s = lifetime_s

    # ---------------------------------------------------------------- requests

    async def accept(self, new: NewRequest, order: ImageOrder, tax: Movement) -> Entry:
        """Store a priced request with its tax and its hold, and let workers see it."""
        async with self._pool.connection() as conn:
            if new.held_hundredths:
                async with conn.transaction():
                    await store.reserve_upfront(conn, new)
                    state = await store.insert_request(conn, new, tax)
            else:
                state = await store.insert_request(conn, new, tax)
        entry = self._entry(
            OpenRequest(
                state,
                new.account_id,
                new.order_key,
                new.price_hundredths,
                new.payer_covered,
                state.expires_at_s - new.lifetime_s,
                "",
            ),
            order,
        )
        self.queue.add(entry)
        self._publish("request", [str(new.id)])
        return entry

    async def cancel(self, request_id: UUID) -> None:
        """Take back what still waits. Cancelling twice, or too late, changes nothing."""
        async with self._pool.connection() as conn:
            state = await store.cancel(conn, request_id)
        if state is not None:
            self.changed(state)

    async def find(self, request_id: UUID) -> Entry | None:
        """The request from memory, else from the database; None when it does not exist."""
        entry = self.queue.entries.get(request_id)
        if entry is not None:
            return entry
        async with self._pool.connection() as conn:
            rows = await store.fetch_requests(conn, [request_id])
        return self._mirror(rows[0]) if rows else None

    async def status(self, request_id: UUID) -> tuple[Entry, list[Generation]] | None:
        """The request with what was delivered so far."""
        async with self._pool.connection() as conn:
            found = await store.find_status(conn, request_id)
        if found is None:
            return None
        return self._mirror(found[0]), found[1]

    # ---------------------------------------------------------------- jobs

    async def hand_out(self, view: WorkerView, amount: int) -> HandOut | None:
        """The best jobs for a worker, claimed; None when there are none."""
        for entry in islice(self.queue.candidates(view), CLAIM_TRIES):
            claimed = await self._claim(entry, view.offer, amount)
            if claimed is not None:
                return claimed
        return None

    async def _claim(self, entry: Entry, offer: Offer, amount: int) -> HandOut | None:
        """Claim a batch of one request's waiting images in the database; None when another node was first."""
        models = sorted(usable_models(entry.requirement, offer))
        model = models[0] if len(models) == 1 else random.choice(models)
        baselines = frozenset((baseline(model),))
        jobs = batch_size(entry.order, baselines, max_pixels=offer.max_pixels, amount=amount, available=entry.available)
        seed = hand_out_seed(entry.order, entry.state.waiting, random.getrandbits(32))
        lease_s = ttl_s(entry.order, baselines, images=jobs, extra_slow=offer.extra_slow)
        job_ids = tuple(uuid4() for _ in range(jobs))
        self.queue.begin_claim(entry, jobs)
        try:
            async with self._pool.connection() as conn:
                state = await store.claim(
                    conn,
                    request_id=entry.id,
                    job_ids=job_ids,
                    worker_id=offer.worker_id,
                    owner_id=offer.owner_id,
                    model=model,
                    ttl_s=lease_s,
                    seed=seed,
                    lifetime_s=3600 if offer.extra_slow else self._lifetime_s,
                )
                if state is None:
                    await self._look_again(conn, entry)
            if state is not None:
                self.queue.update(state)
        finally:
            self.queue.end_claim(entry, jobs)
        if state is None:
            return None
        self._publish("request", [str(entry.id)])
        return HandOut(entry.order, model, job_ids, seed, lease_s)

    async def _look_again(self, conn: AsyncConnection[Any], entry: Entry) -> None:
        """What the database says of a request that another node changed first."""
        for row in await store.fetch_requests(conn, [entry.id]):
            self.queue.update(row.state)
        # `update` ignores equal versions; a request that cannot be claimed must not be tried again
        if entry.state.expires_at_s <= self.queue.now():
            self.queue.remove(entry.id)

    def changed(self, state: RequestState) -> None:
        """A request changed here: take its new state over and tell the other nodes."""
        self.queue.update(state)
        self._publish("request", [str(state.id)])

    # ---------------------------------------------------------------- mirror

    async def load(self) -> None:
        """Fill the mirror at start."""
        async with self._pool.connection() as conn:
            rows = await store.load_open(conn)
        for row in rows:
            self.queue.add(self._entry(row))

    async def refresh(self, ids: Iterable[str]) -> None:
        """Other nodes changed these requests."""
        wanted = [UUID(text) for text in ids]
        async with self._pool.connection() as conn:
            rows = await store.fetch_requests(conn, wanted)
        found = set()
        for row in rows:
            found.add(row.state.id)
            if row.state.is_done and row.state.id not in self.queue.entries:
                continue
            self.queue.add(self._entry(row))
        for gone in set(wanted) - found:
            self.queue.remove(gone)

    async def reconcile(self) -> None:
        """Compare the mirror with the truth, so that a missed notice heals itself."""
        async with self._pool.connection() as conn:
            truth = dict(await store.fetch_states(conn))
            entries = self.queue.entries
            stale = [i for i, version in truth.items() if i not in entries or entries[i].state.version < version]
            stale += [e.id for e in entries.values() if e.id not in truth and not e.state.is_done]
        for start in range(0, len(stale), 500):
            await self.refresh([str(request_id) for request_id in stale[start : start + 500]])
        self.queue.forget_done(KEEP_DONE_S)

    async def sweep(self) -> list[UUID]:
        """Return overdue jobs to the queue; the workers that let them go."""
        async with self._pool.connection() as conn:
            swept = await store.sweep_overdue(conn)
            expired = await store.delete_expired(conn)
        dropped: list[UUID] = []
        for state, workers in swept:
            for worker_id in workers:
                self.queue.note_fault(state.id, worker_id)
            dropped += workers
            self.changed(state)
        for request_id in expired:
            self.queue.remove(request_id)
        if expired:
            self._publish("request", [str(request_id) for request_id in expired])
        if swept or expired:
            log.info("dispatch.swept", overdue_requests=len(swept), expired_requests=len(expired))
        return dropped

    def _mirror(self, row: OpenRequest) -> Entry:
        """The mirrored entry brought up to date, or a passing one for a request that is done."""
        known = self.queue.update(row.state)
        if known is not None:
            return known
        entry = self._entry(row)
        if row.state.is_done or row.state.expires_at_s <= self.queue.now():
            entry.group = self.queue.class_of(entry.requirement)
        else:
            self.queue.add(entry)
        return entry

    @staticmethod
    def _entry(row: OpenRequest, order: ImageOrder | None = None) -> Entry:
        order = order or decode_order(row.request_order)
        return Entry(
            id=row.state.id,
            account_id=row.account_id,
            order=order,
            requirement=requirement(order),
            key=row.order_key,
            price_hundredths=row.price_hundredths,
            balance_covers_price=row.payer_covered,
            created_s=row.created_s,
            state=row.state,
        )
