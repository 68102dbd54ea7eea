"""Requests meet workers: accept, hand out, settle, cancel, expire. Rules here, SQL in `store`."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch import job_store, resumption_store, store
from horde_server.dispatch.announcements import Announcements
from horde_server.dispatch.capabilities import VALIDATED_BACKEND
from horde_server.dispatch.entry import Entry, RequestState, WorkerView
from horde_server.dispatch.held_jobs import HeldJob, HeldJobs
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.kind import Kind, OrderT
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Offer, usable_models
from horde_server.dispatch.states import JobPhase
from horde_server.dispatch.store import Generation, NewRequest, OpenRequest
from horde_server.dispatch.turns import Turns
from horde_server.dispatch.warm import best_of
from horde_server.kudos.key_budgets import hold_of_key
from horde_server.kudos.spending import reserve
from horde_server.webhooks.hook import Announcement

CLAIM_TRIES = 20
HELD_JOBS_PER_THREAD = 128
"""A worker that holds so many jobs gets no more until it delivers some: far beyond what it can be at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOut(Generic[OrderT]):
    """Jobs of one request given to one worker."""

    order: OrderT
    model: str
    job_ids: tuple[JobId, ...]
    seed: int
    ttl_s: int
    resume_text: str = ""  # with what the result begins, as it was shown already: then there is one job


async def hold_of_keys(conn: AsyncConnection[Any], new: Sequence[NewRequest[Any]]) -> None:
    """Inside the caller's transaction: make sure that the key may spend what these requests of its cost at most.

    Nothing is asked where it has no budget. Raises what `hold_of_key` raises.
    """
    first = new[0]
    if first.key_id is None or first.key_job_hundredths is None:
        return
    amount = sum(
        each.tax_hundredths + each.style_reward_hundredths + each.order.n * (each.key_job_hundredths or 0)
        for each in new
    )
    await hold_of_key(conn, first.key_id, amount, is_shared=first.is_key_shared)


class Dispatcher(Generic[OrderT]):
    """The heart of a server process, once for each kind of request; its memory can be rebuilt from the database."""

    def __init__(
        self,
        kind: Kind[OrderT],
        pool: AsyncConnectionPool[Any],
        queue: LiveQueue,
        publish: Callable[[str, Iterable[str]], None],
        announcements: Announcements,
        *,
        lifetime_s: int,
    ) -> None:
        self.kind = kind
        self._pool = pool
        self.queue = queue
        self.turns = Turns(queue)
        self._publish = publish
        self.announcements = announcements
        self.lifetime_s = lifetime_s
        self.held_jobs: HeldJobs[OrderT] = HeldJobs()
        self.promise: Callable[[Entry[OrderT]], None] = lambda _: None
        """Estimates when a request that was just taken will be done."""
        self.announcement: Callable[[Generation, OrderT], Announcement | None] = lambda *_: None
        """What a webhook tells of a result."""

    # ---------------------------------------------------------------- requests

    async def accept(
        self, new: NewRequest[OrderT], beside: Callable[[AsyncConnection[Any]], Awaitable[None]] | None = None
    ) -> Entry[OrderT]:
        """Store a priced request with its tax and its holds, and let workers see it.

        `beside`: writes what else belongs to it, in the same transaction. Raises `KudosUpfront`, and what `hold_of_key`
        raises.
        """
        insert = partial(store.insert_request, new=new, kind=self.kind.name, lifetime_s=self.lifetime_s)
        async with self._pool.connection() as conn:
            if new.held_hundredths or new.key_job_hundredths is not None or beside is not None:
                async with conn.transaction():
                    if new.held_hundredths:
                        await reserve(conn, new.account_id, new.held_hundredths)
                    await hold_of_keys(conn, [new])
                    state = await insert(conn)
                    if beside is not None:
                        await beside(conn)
            else:
                state = await insert(conn)
        return self.accepted([(new, state)], created_s=state.expires_at_s - self.lifetime_s)[0]

    def accepted(
        self, stored: Iterable[tuple[NewRequest[OrderT], RequestState]], *, created_s: float
    ) -> list[Entry[OrderT]]:
        """Let workers see requests that were just stored, all at a time."""
        entries = [
            Entry(
                id=new.id,
                account_id=new.account_id,
                order=new.order,
                requirement=self.kind.requirement(new.order),
                key=new.order_key,
                price_hundredths=new.price_hundredths,
                balance_covers_price=new.payer_covered,
                created_s=created_s,
                state=state,
                webhook=new.webhook,
                key_id=new.key_id,
                key_job_hundredths=new.key_job_hundredths,
            )
            for new, state in stored
        ]
        for entry in entries:
            self.queue.add(entry)
            self.promise(entry)
        self._publish("request", [str(entry.id) for entry in entries])
        return entries

    async def cancel(self, request_id: RequestId) -> None:
        """Take back what still waits. Cancelling twice, or too late, changes nothing."""
        entry = self.queue.entries.get(request_id)
        async with self._pool.connection() as conn:
            if entry is not None and entry.webhook is None:
                state = await store.cancel(conn, request_id)
            else:
                async with conn.transaction():
                    if state := await store.cancel(conn, request_id):
                        await self.announcements.changed(conn, [state])
        if state is not None:
            self.changed(state)

    async def find(self, request_id: RequestId) -> Entry[OrderT] | None:
        """The request from memory, else from the database; None when it does not exist or is of another kind."""
        entry = self.queue.entries.get(request_id)
        if entry is not None:
            return entry
        async with self._pool.connection() as conn:
            rows = await store.fetch_requests(conn, [request_id])
        return self.mirror(rows[0]) if rows and rows[0].kind == self.kind.name else None

    async def status(self, request_id: RequestId) -> tuple[Entry[OrderT], list[Generation]] | None:
        """The request with what was delivered so far."""
        async with self._pool.connection() as conn:
            found = await store.find_status(conn, self.kind.name, request_id)
        if found is None:
            return None
        return self.mirror(found[0]), found[1]

    # ---------------------------------------------------------------- jobs

    async def hand_out(
        self,
        view: WorkerView,
        amount: int,
        *,
        threads: int,
        reward_percent: int,
        loaded: frozenset[str] = frozenset(),
    ) -> HandOut[OrderT] | None:
        """The best jobs for a worker, claimed; None when there are none, or when it holds too many already.

        `threads` is how many it works on at a time, `reward_percent` its software's, `loaded` the models in its memory.
        """
        for _ in range(CLAIM_TRIES):  # the lists change while a claim is under way: look anew each time
            held = self.held_jobs.held_by(view.offer.worker_id, self.queue.now())
            amount = min(amount, HELD_JOBS_PER_THREAD * threads - held)
            if amount <= 0:
                return None
            entry = best_of(self.queue.candidates(view), view.offer, loaded)
            if entry is None:
                return None
            claimed = await self._claim(entry, view.offer, amount, reward_percent, loaded)
            if claimed is not None:
                return claimed
        return None

    def may_hold_more(self, worker_id: UUID, threads: int) -> bool:
        """Whether a worker that works on so many jobs at a time has not too many in hand."""
        return self.held_jobs.held_by(worker_id, self.queue.now()) < HELD_JOBS_PER_THREAD * threads

    async def hand_back(self, hand_out: HandOut[OrderT]) -> None:
        """The worker went away before it could be told of these jobs: they wait again, as if nothing had happened."""
        for job_id in hand_out.job_ids:
            self.held_jobs.take(job_id)
        async with self._pool.connection() as conn:
            state = await job_store.hand_back(conn, hand_out.job_ids)
        if state is not None:
            self.changed(state)

    async def _claim(
        self, entry: Entry[OrderT], offer: Offer, amount: int, reward_percent: int, loaded: frozenset[str]
    ) -> HandOut[OrderT] | None:
        """Claim a batch of one request's waiting jobs in the database; None when another node was first."""
        usable = usable_models(entry.requirement, offer)
        models = sorted(usable & loaded or usable)
        model = models[0] if len(models) == 1 else random.choice(models)
        jobs = self.kind.batch_size(entry.order, model, offer, amount=amount, available=entry.available)
        may_resume = entry.state.restarted > 0 and self.kind.may_resume(entry.order)
        resume_text = ""
        seed = self.kind.seed(entry.order, entry.state.waiting, random.getrandbits(32))
        lease_s = self.kind.ttl_s(entry.order, model, offer, jobs=jobs)
        job_ids = tuple(JobId(uuid4()) for _ in range(jobs))
        known_version = entry.state.version
        self.queue.begin_claim(entry, jobs)
        self.held_jobs.begin_claim(offer.worker_id, jobs)
        try:
            async with self._pool.connection() as conn:
                if may_resume and (may_resume := await resumption_store.has_free(conn, entry.id)):
                    job_ids = job_ids[:1]  # each may begin with something else
                state = await job_store.claim(
                    conn,
                    request_id=entry.id,
                    job_ids=job_ids,
                    worker_id=offer.worker_id,
                    owner_id=offer.owner_id,
                    model=model,
                    ttl_s=lease_s,
                    seed=seed,
                    lifetime_s=3600 if offer.extra_slow else self.lifetime_s,
                    is_part=self.kind.is_part,
                )
                if state is None:
                    await self._look_again(conn, entry, known_version)
                elif may_resume:
                    resume_text = await resumption_store.take(conn, entry.id, job_ids[0])
            if state is not None:
                self.queue.update(state)
        finally:
            self.queue.end_claim(entry, jobs)
            self.held_jobs.end_claim(offer.worker_id, jobs)
        if state is None:
            return None
        self._publish("request", [str(entry.id)])
        now = self.queue.now()
        for job_id in job_ids:
            self.held_jobs.add(
                HeldJob(
                    id=job_id,
                    request_id=entry.id,
                    worker_id=offer.worker_id,
                    owner_id=offer.owner_id,
                    requester_id=entry.account_id,
                    model=model,
                    state=JobPhase.PROCESSING,
                    started_s=now,
                    price_hundredths=entry.price_hundredths,
                    order=entry.order,
                    reward_percent=reward_percent,
                    backend_validated=bool(offer.can & VALIDATED_BACKEND),
                    webhook=entry.webhook,
                    key_id=entry.key_id,
                    key_job_hundredths=entry.key_job_hundredths,
                    resume_text=resume_text,
                ),
                deadline_s=now + lease_s,
            )
        return HandOut(
            order=entry.order, model=model, job_ids=job_ids, seed=seed, ttl_s=lease_s, resume_text=resume_text
        )

    async def _look_again(self, conn: AsyncConnection[Any], entry: Entry[OrderT], known_version: int) -> None:
        """What the database says of a request that another node changed first."""
        rows = await store.fetch_requests(conn, [entry.id])
        for row in rows:
            self.queue.update(row.state)
        # one that nobody changed and that cannot be claimed has expired, and must not be tried again
        if not rows or rows[0].state.version == known_version or entry.state.expires_at_s <= self.queue.now():
            self.queue.remove(entry.id)

    def changed(self, state: RequestState) -> None:
        """A request changed here: take its new state over and tell the other nodes."""
        self.queue.update(state)
        self._publish("request", [str(state.id)])

    # ---------------------------------------------------------------- mirror

    def mirror(self, row: OpenRequest) -> Entry[OrderT]:
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

    def _entry(self, row: OpenRequest) -> Entry[OrderT]:
        order = self.kind.decode(row.request_order)
        return Entry(
            id=row.state.id,
            account_id=row.account_id,
            order=order,
            requirement=self.kind.requirement(order),
            key=row.order_key,
            price_hundredths=row.price_hundredths,
            balance_covers_price=row.payer_covered,
            created_s=row.created_s,
            state=row.state,
            webhook=row.webhook,
            key_id=row.key_id,
            key_job_hundredths=row.key_job_hundredths,
        )
