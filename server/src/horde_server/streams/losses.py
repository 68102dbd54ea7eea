"""A worker is lost in the middle of what somebody reads: another goes on where it stopped (streams.md §6).

The node whose client listens knows what was told; by one guarded statement it returns the slot and keeps that text,
with which the next hand-out begins. Where another node finds a job lost, it lets that node know, and leaves it the job
for a moment; after that it is like any other that is overdue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import psycopg
import structlog

from horde_server.database.pool import Connection, Pool
from horde_server.dispatch import job_store, resumption_store
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.ids import JobId
from horde_server.dispatch.job_store import LISTENER_HAS_S
from horde_server.dispatch.store import Generation, name_of_worker
from horde_server.dispatch.streamed import RESUMED, tokens_of
from horde_server.dispatch.submission import WorkersChanged, stored_remarks
from horde_server.streams import store
from horde_server.streams.listening import ListenedRequest
from horde_server.streams.relay import Relay
from horde_server.streams.streamed_job import StreamedJob

log = structlog.get_logger(__name__)
_RETRY_S = 0.5
_MOST_TOLD = 10_000


class Losses:
    """What becomes of jobs that were streamed and are not delivered. Belongs to the event loop."""

    def __init__(
        self,
        pool: Pool,
        relay: Relay,
        dispatchers: Mapping[str, Dispatcher[Any]],
        workers_changed: WorkersChanged,
    ) -> None:
        self._pool = pool
        self._relay = relay
        self._dispatchers = dispatchers
        self._workers_changed = workers_changed
        self._something_to_do = asyncio.Event()
        self._told: deque[tuple[JobId, str]] = deque(maxlen=_MOST_TOLD)
        relay.look_up = self._something_to_do.set

    # ---------------------------------------------------------------- as `Streamed`

    def settled(self, job_id: JobId) -> None:
        """A job was settled here."""
        self._relay.ended(job_id)

    def share(self, job_id: JobId) -> float:
        """How much of a job was streamed, as far as this node knows."""
        job = self._relay.jobs.get(job_id)
        return job.done_share if job is not None else 0.0

    async def lost(self, job: HeldJob[Any], remarks: str) -> bool:
        """A worker gave a job back. True where somebody has read a part of it, and that is taken care of."""
        return await self._lose(job.id, "faulted", remarks)

    # ---------------------------------------------------------------- found here, or told by another node

    async def give_up(self, job: StreamedJob, reason: str) -> None:
        """A worker fell silent, or had its time: another gets the job."""
        log.info("streams.lost", job=str(job.id), worker=str(job.worker_id), reason=reason)
        if not await self._lose(job.id, reason) and job.is_here:
            async with self._pool.connection() as conn:
                await store.give_up(conn, [job.id], -LISTENER_HAS_S)
            self._relay.ended(job.id)

    def told(self, job_id: JobId, reason: str) -> None:
        """Another node says that a job of a request is lost to which somebody listens here."""
        self._told.append((job_id, reason))
        self._something_to_do.set()

    def taken_from(self, job_ids: Sequence[JobId]) -> None:
        """Their worker was deleted: whichever nodes know what was told of them say it."""
        for job_id in job_ids:
            self.told(job_id, "faulted")
            self._relay.others.lost(job_id, "faulted")

    async def _lose(self, job_id: JobId, reason: str, remarks: str = "[]", *, is_told: bool = False) -> bool:
        """Whether it is taken care of. From here on nothing more is taken of it, as another may go on.

        `is_told`: by another node, which lets all know.
        """
        job = self._relay.jobs.get(job_id)
        if job is None or job.is_lost:
            return False
        job.is_lost = True
        try:
            return await self._lose_now(job, reason, remarks, is_told=is_told)
        except BaseException:
            job.is_lost = False
            raise

    async def _lose_now(self, job: StreamedJob, reason: str, remarks: str, *, is_told: bool) -> bool:
        is_others = not is_told and self._relay.others.listens(job.request_id) is not None
        request = self._relay.listened.get(job.request_id)
        if request is not None and request.listeners:
            is_kept = await self._go_on(job, request, reason, remarks)
            if is_others:  # only now: what is kept is what was told here
                self._relay.others.lost(job.id, reason)
            return is_kept
        if not is_others:
            return False
        self._relay.others.lost(job.id, reason)
        if not (job.text.have and self._dispatchers[job.kind].kind.may_resume(job.order)):
            return False  # no text that only they know
        async with self._pool.connection() as conn:
            await store.give_up(conn, [job.id], LISTENER_HAS_S)
        self._relay.ended(job.id)
        return True

    async def _go_on(self, job: StreamedJob, request: ListenedRequest, reason: str, remarks: str) -> bool:
        """Let another worker go on, if that can be: a text of which a part was told. Others are restarted as always."""
        slot = request.slot_of(job.id)
        if slot is None or slot.job is not job:
            return False
        shown = slot.shown().decode()
        may_go_on = self._dispatchers[job.kind].kind.may_resume(job.order)
        if job.is_passed_through or (shown and not may_go_on):  # what was told cannot be taken back
            request.is_broken = True
            self._relay.wake(job.request_id)
            return False
        if shown:
            if (kept := await self._keep(job, shown, remarks)) is None:
                return False
            request.begin(slot, kept)
            request.has_lost = True
        slot.job = None
        slot.restarts.append(reason)
        self._relay.ended(job.id)
        self._relay.wake(job.request_id)
        return bool(shown)

    async def _keep(self, job: StreamedJob, shown: str, remarks: str) -> str | None:
        """Return the slot with what was told of it; where that is all there was to write, it is the result.

        The text that is kept, which is another node's where that was first; None: nothing is kept.
        """
        dispatcher = self._dispatchers[job.kind]
        entry = dispatcher.queue.entries.get(job.request_id)
        if entry is None:
            return None
        if tokens_of(shown) >= entry.order.max_length:
            return shown if await self._finish(job, entry, shown) else None
        async with self._pool.connection() as conn, conn.transaction():
            state = await job_store.lose(conn, job.id, shown, remarks)
            if state is None:
                return await resumption_store.kept_of(conn, job.id)
            await dispatcher.announcements.changed(conn, [state])
        self._relay.counts.resumed += 1
        await self._dropped(job, state)
        return shown

    async def _finish(self, job: StreamedJob, entry: Entry, shown: str) -> bool:
        """All that was to be written has been told: that is the result, for which nobody is paid."""
        dispatcher = self._dispatchers[job.kind]
        remarks = stored_remarks((), RESUMED)
        async with self._pool.connection() as conn, conn.transaction():
            state = await job_store.settle_done(
                conn,
                job_id=job.id,
                seed=0,
                result=shown,
                gen_metadata=remarks,
                censored=False,
                reward_hundredths=0,
                debit_hundredths=0,
                movements=(),
                lifetime_s=dispatcher.lifetime_s,
                is_part=False,
            )
            if state is None:
                return False
            await job_store.note_drop(conn, job.worker_id)
            if entry.webhook is not None:
                await self._announce(conn, job, entry, entry.webhook, shown, remarks)
            await dispatcher.announcements.changed(conn, [state])
        await self._dropped(job, state)
        return True

    async def _announce(
        self, conn: Connection, job: StreamedJob, entry: Entry, webhook: str, shown: str, remarks: str
    ) -> None:
        """Have the requester told of such a result, as of any."""
        dispatcher = self._dispatchers[job.kind]
        name = await name_of_worker(conn, job.worker_id)
        model = await store.model_of(conn, job.id)
        made = Generation(job.id, job.worker_id, name, model, 0, censored=False, gen_metadata=remarks, result=shown)
        if told := dispatcher.announcement(made, entry.order):
            await dispatcher.announcements.job_finished(
                conn,
                webhook=webhook,
                account_id=entry.account_id,
                request_id=job.request_id,
                reward_hundredths=0,
                told=told,
            )

    async def _dropped(self, job: StreamedJob, state: RequestState) -> None:
        """Its worker has dropped it: let all know that need to."""
        dispatcher = self._dispatchers[job.kind]
        dispatcher.queue.note_fault(job.request_id, job.worker_id)
        dispatcher.changed(state)
        await self._workers_changed([job.worker_id])

    # ---------------------------------------------------------------- who goes on with what

    async def work_forever(self) -> NoReturn:
        """Look after what other nodes found lost, and find out what new jobs go on with."""
        while True:
            await self._something_to_do.wait()
            self._something_to_do.clear()
            try:
                while self._told:
                    await self._lose(*self._told[0], is_told=True)
                    self._told.popleft()
                await self._place()
            except psycopg.OperationalError:
                await asyncio.sleep(_RETRY_S)
                self._something_to_do.set()
            except Exception:  # a mistake of ours: loud, but requests are still served
                log.exception("streams.not_placed")
                self._relay.unplaced.clear()
                self._told.clear()

    async def _place(self) -> None:
        for job_id, job in list(self._relay.unplaced.items()):
            request = self._relay.listened.get(job.request_id)
            if request is not None:
                async with self._pool.connection() as conn:
                    begun = await resumption_store.gone_on_with(conn, job_id)
                self._relay.placed(job, request, begun)
            self._relay.unplaced.pop(job_id, None)
