"""A worker brings a job back (workers.md §8): verified first, then settled and paid in one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import msgspec
import psycopg
import structlog
from msgspec import structs
from psycopg_pool import AsyncConnectionPool

from horde_server.database.pool import Connection
from horde_server.dispatch import job_store, store
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.ids import JobId
from horde_server.dispatch.kind import Delivery, OrderT
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.states import JobPhase, RequestPhase
from horde_server.dispatch.store import Generation
from horde_server.dispatch.streamed import RESUMED, NotStreamed, Streamed
from horde_server.errors import BadRequest, HordeError, WrongCredentials
from horde_server.identity.caller import Caller
from horde_server.kudos.ledger import settlement, split_reward
from horde_server.moderation.suspects import Suspects
from horde_server.moderation.suspicion import Suspicion
from horde_server.webhooks.hook import Announcement

log = structlog.get_logger(__name__)

MAX_METADATA = 50
_GIVEN_BACK = ("faulted", "cancelled")
_ABORTED = (
    "Processing Job with ID {} took too long to process and has been aborted! Please check your worker speed, or offer "
    "less."
)


class InvalidJobID(HordeError):
    """Processing Job with this ID does not exist."""

    status, rc = 404, "InvalidJobID"


class DuplicateGen(HordeError):
    """This job was already submitted."""

    rc = "DuplicateGen"


class AbortedGen(HordeError):
    """This job was aborted, as it took too long. Please check your worker speed, or lower max_power."""

    rc = "AbortedGen"


class UnusableResult(BadRequest):
    """The result of this job cannot be used, so the job went back into the queue."""


@dataclass(frozen=True, slots=True)
class Credit:
    """What a submit earned, in hundredths of kudos: `escrowed` is the part held back until the owner is trusted."""

    reward_hundredths: int
    escrowed_hundredths: int = 0
    message: str = ""  # why it is nothing

    def to_json(self) -> bytes:
        """The body of the answer: `reward` is what is really credited."""
        body: dict[str, float | str] = {"reward": self.reward_hundredths / 100}
        if self.escrowed_hundredths:
            body["escrowed"] = self.escrowed_hundredths / 100
        if self.message:
            body["message"] = self.message
        return msgspec.json.encode(body)


class Kept(NamedTuple):
    """A result that is delivered."""

    result: str  # what the job's row holds of it
    unpaid: str = ""  # why nobody pays for it, if so


class Told(NamedTuple):
    """What a worker tells of a result beside it."""

    encoded: str | None = None  # as JSON
    characters: int = 0  # of it that the model wrote, and that are paid as the result's are


NOTHING_TOLD = Told()


class Submit(Protocol):
    """What every submit says, whatever its kind."""

    @property
    def id(self) -> str:
        """The job's."""

    @property
    def generation(self) -> str:
        """The result, or where it is."""

    @property
    def seed(self) -> int:
        """What it was made with."""

    @property
    def state(self) -> str:
        """`ok`, `censored`, `faulted`, `cancelled` or `csam`."""

    @property
    def gen_metadata(self) -> Sequence[Metadata]:
        """Remarks of the worker."""


WorkersChanged: TypeAlias = Callable[[Collection[UUID]], Awaitable[None]]
"""Lets all nodes know that rows of these workers were changed."""

FollowUp: TypeAlias = Callable[[Connection], Awaitable[None]]
"""What else is written in the transaction of a delivery."""


class Results(Protocol):
    """What a kind does with the results of its jobs."""

    async def keep(self, job: HeldJob[Any], generation: str, *, censored: bool) -> Kept:
        """Verify and keep a result. Raises `UnusableResult`."""

    def follow_up(self, job: HeldJob[Any], seed: int, *, censored: bool) -> FollowUp | None:
        """What is written together with the delivery; mostly nothing."""

    def remarks(self, body: Submit) -> Sequence[Metadata]:
        """The worker's remarks as they are kept."""

    def told(self, body: Submit) -> Told:
        """What else the worker tells of the result, as it is kept."""

    def is_censored(self, body: Submit) -> bool:
        """Whether the worker withheld the result: the requester then pays the tax only."""

    def announcement(self, made: Generation, order: Any) -> Announcement | None:
        """What a webhook tells of a settled job (webhooks.md §2); None: nothing."""


class Submissions(Generic[OrderT]):
    """Takes the results of one kind's jobs."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        dispatcher: Dispatcher[OrderT],
        workers_changed: WorkersChanged,
        results: Results,
        suspects: Suspects,
        clock: Callable[[], float],
        *,
        lifetime_s: int,
        streamed: Streamed | None = None,
    ) -> None:
        self._streamed = streamed or NotStreamed()
        self._pool = pool
        self._dispatcher = dispatcher
        self._workers_changed = workers_changed
        self._kind = dispatcher.kind
        self._results = results
        dispatcher.announcement = results.announcement
        self._suspects = suspects
        self._clock = clock
        self._lifetime_s = lifetime_s

    async def submit(self, body: Submit, caller: Caller) -> Credit:
        """Settle a job; what it earned. Raises the refusals of workers.md §8."""
        if len(body.gen_metadata) > MAX_METADATA:
            raise BadRequest(f"A generation has at most {MAX_METADATA} metadata entries.")
        job = await self._find(body.id)
        account = caller.user
        if job.owner_id != account.id:
            raise WrongCredentials("Wrong credentials: this job belongs to another account's worker.")
        if job.state is not JobPhase.PROCESSING:
            return self._late(job, is_fault=body.state in _GIVEN_BACK)
        censored = self._results.is_censored(body)
        if body.state == "cancelled" and (credit := await self._stopped(job, owner_trusted=account.trusted)):
            return credit
        if body.state in _GIVEN_BACK and not censored:
            return await self._fault(job, body)
        try:
            kept = await self._results.keep(job, body.generation, censored=censored)
        except UnusableResult:
            await self._fault(job, body)
            raise
        remarks, told = self._results.remarks(body), self._results.told(body)
        return await self._settle(job, body.seed, kept, remarks, told, owner_trusted=account.trusted, censored=censored)

    async def _find(self, text: str) -> HeldJob[OrderT]:
        try:
            job_id = JobId(UUID(text))
        except ValueError:
            raise InvalidJobID(f"Processing Job with ID {text[:64]} does not exist") from None
        job = self._dispatcher.held_jobs.take(job_id)
        if job is None:
            async with self._pool.connection() as conn:
                job = await job_store.find_job(conn, self._kind, job_id)
        if job is None:
            raise InvalidJobID(f"Processing Job with ID {text} does not exist")
        return job

    def _late(self, job: HeldJob[OrderT], *, is_fault: bool) -> Credit:
        """What a worker is told whose job is not being processed any more."""
        if job.state is JobPhase.DONE:
            raise DuplicateGen(f"Processing Job with ID {job.id} already submitted.")
        if not is_fault:
            raise AbortedGen(_ABORTED.format(job.id))
        return Credit(0)

    async def _settle(
        self,
        job: HeldJob[OrderT],
        seed: int,
        kept: Kept,
        remarks: Sequence[Metadata],
        told: Told = NOTHING_TOLD,
        *,
        owner_trusted: bool,
        censored: bool,
    ) -> Credit:
        order, result = job.order, kept.result
        delivery = Delivery(job.model, len(result) + told.characters, owner_trusted, job.backend_validated)
        reward = self._kind.reward_hundredths(job.price_hundredths, order, delivery)
        paid = reward * job.reward_percent // 100
        worth = reward  # to who asked: of a text that another began, the whole
        kept_remarks = stored_remarks(remarks)
        if job.resume_text:
            result = job.resume_text + result
            worth = self._kind.reward_hundredths(
                job.price_hundredths, order, replace(delivery, characters=len(result) + told.characters)
            )
            kept_remarks = stored_remarks(remarks, RESUMED)
        debit = self._kind.debit_hundredths(0 if censored else worth, order)
        if kept.unpaid:
            reward = paid = debit = 0
        things = self._kind.things_done(order, delivery)
        speed = self._kind.speed(things, max(self._clock() - job.started_s, 0.001))
        movements = settlement(
            request_id=job.request_id,
            job_id=job.id,
            requester_id=job.requester_id,
            owner_id=job.owner_id,
            owner_trusted=owner_trusted,
            worker_id=job.worker_id,
            paid_hundredths=paid,
            debit_hundredths=debit,
            domain=self._kind.name,
            things=things,
            speed=round(speed, 3),
            key_id=job.key_id,
            key_most_hundredths=job.key_job_hundredths,
            model=job.model,
        )
        settling = partial(
            job_store.settle_done,
            job_id=job.id,
            seed=seed,
            result=result,
            gen_metadata=kept_remarks,
            censored=censored,
            reward_hundredths=paid,
            debit_hundredths=debit,
            movements=movements,
            lifetime_s=self._lifetime_s,
            is_part=self._kind.is_part,
            told=told.encoded,
        )
        follow_up = self._results.follow_up(job, seed, censored=censored)
        async with self._pool.connection() as conn:
            if job.webhook is None and follow_up is None:
                state = await settling(conn)
            else:
                made = Generation(
                    job.id, job.worker_id, "", job.model, seed, censored, kept_remarks, result, told.encoded
                )
                state = await self._settle_and_more(conn, settling, job, made, reward, follow_up)
        if state is None:  # settled by somebody else between our look and our statement
            return self._late(await self._find(str(job.id)), is_fault=False)
        self._streamed.settled(job.id)
        self._dispatcher.changed(state)
        if not owner_trusted and speed > self._kind.fastest_speed(job.model):
            await self._suspects.note(job.worker_id, Suspicion.UNREASONABLY_FAST)
        return Credit(paid, split_reward(paid, trusted=owner_trusted)[1], kept.unpaid)

    async def _settle_and_more(
        self,
        conn: Connection,
        settling: Callable[[Connection], Awaitable[RequestState | None]],
        job: HeldJob[OrderT],
        made: Generation,
        reward_hundredths: int,
        follow_up: FollowUp | None,
    ) -> RequestState | None:
        """Settle, and have the requester told of it and then of what follows from it; all together or nothing."""
        async with conn.transaction() as transaction:
            if job.webhook is not None:
                await self._announce(conn, job, job.webhook, made, reward_hundredths)
            state = await settling(conn)
            if state is None:
                raise psycopg.Rollback(transaction)
            if follow_up is not None:
                await follow_up(conn)
            if job.webhook is not None:
                await self._dispatcher.announcements.changed(conn, [state])
        return state

    async def _announce(
        self, conn: Connection, job: HeldJob[OrderT], webhook: str, made: Generation, reward_hundredths: int
    ) -> None:
        named = made._replace(worker_name=await store.name_of_worker(conn, job.worker_id))
        if told := self._results.announcement(named, job.order):
            await self._dispatcher.announcements.job_finished(
                conn,
                webhook=webhook,
                account_id=job.requester_id,
                request_id=job.request_id,
                reward_hundredths=reward_hundredths,
                told=told,
            )

    async def _stopped(self, job: HeldJob[OrderT], *, owner_trusted: bool) -> Credit | None:
        """What a worker earns that stopped as its request was cancelled; None where that is not so.

        It is paid for the share that it had streamed before; the job counts neither as done nor as dropped.
        """
        entry = self._dispatcher.queue.entries.get(job.request_id)
        if entry is not None and entry.state.state != RequestPhase.CANCELLED:
            return None
        whole = Delivery(job.model, int(4 * job.order.things), owner_trusted, job.backend_validated)
        reward = self._kind.reward_hundredths(job.price_hundredths, job.order, whole)
        async with self._pool.connection() as conn:
            share = self._streamed.share(job.id) or await job_store.streamed_share(conn, job.id)
            worth = round(reward * share)
            paid = worth * job.reward_percent // 100
            debit = self._kind.debit_hundredths(worth, job.order) if share else 0
            movements = settlement(
                request_id=job.request_id,
                job_id=job.id,
                requester_id=job.requester_id,
                owner_id=job.owner_id,
                owner_trusted=owner_trusted,
                worker_id=job.worker_id,
                paid_hundredths=paid,
                debit_hundredths=debit,
                domain=self._kind.name,
                things=0.0,
                speed=0.0,
                key_id=job.key_id,
                key_most_hundredths=job.key_job_hundredths,
                model=job.model,
            )
            uncounted = [structs.replace(each, things=None, speed=None) for each in movements] if share else []
            async with conn.transaction():
                state = await job_store.settle_cancelled(
                    conn, job.id, reward_hundredths=paid, debit_hundredths=debit, movements=uncounted
                )
                if state is not None and job.webhook is not None:
                    await self._dispatcher.announcements.changed(conn, [state])
        if state is None:
            return None
        self._streamed.settled(job.id)
        self._dispatcher.changed(state)
        return Credit(paid, split_reward(paid, trusted=owner_trusted)[1])

    async def _fault(self, job: HeldJob[OrderT], body: Submit) -> Credit:
        remarks = stored_remarks(body.gen_metadata)
        if await self._streamed.lost(job, remarks):
            return Credit(0)
        async with self._pool.connection() as conn:
            if job.webhook is None:
                state = await job_store.settle_fault(conn, job.id, remarks)
            else:
                async with conn.transaction():
                    if state := await job_store.settle_fault(conn, job.id, remarks):
                        await self._dispatcher.announcements.changed(conn, [state])
        if state is not None:
            self._dispatcher.queue.note_fault(job.request_id, job.worker_id)
            self._dispatcher.changed(state)
            self._streamed.settled(job.id)
            await self._workers_changed([job.worker_id])
            log.info("dispatch.job_faulted", job=str(job.id), worker=str(job.worker_id))
        return Credit(0)


def stored_remarks(remarks: Sequence[Metadata], *more: Mapping[str, str]) -> str:
    return msgspec.json.encode(
        [
            *(
                {"type": remark.type, "value": remark.value, **({"ref": remark.ref} if remark.ref else {})}
                for remark in remarks
            ),
            *more,
        ]
    ).decode()
