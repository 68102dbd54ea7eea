"""The loop: pop → prepare → make → deliver, with the next job fetched while one runs (worker.md §1.1.1).

It is the same for every kind of work. Two tasks and a queue of one: the *fetcher* pops and prepares, the *maker* works.
`drain` ends it in order: no more pops, what is held is finished and submitted. `leave` ends it now: what is held is
given back as faulted, so that nobody waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Collection, Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Any, Generic, TypeVar

import structlog

from horde_worker.backends.interface import BackendFailure
from horde_worker.horde_api import Refused, Sleep, Unreachable, backoff_s
from horde_worker.kinds.interface import JobT, Kind, MadeT
from horde_worker.popped import UnusableJob
from horde_worker.tally import Tally

log = structlog.get_logger(__name__)

IDLE_PAUSE_S = 1.0
LONG_IDLE_PAUSE_S = 3.0
LONG_IDLE_AFTER_S = 60.0
MAINTENANCE_PAUSE_S = 30.0
FAILURES_BEFORE_PAUSE = 3
FAILURE_PAUSE_S = 180.0
ADVICE_EVERY_S = 60.0
TTL_MARGIN_S = 10.0
LEAVING_LIMIT_S = 10.0
FAULTS_LIMIT_S = 30.0
WANTED_EVERY_S = 300.0
WANTED_LIMIT_S = 10.0
WANTED_TOLD = 5
MAX_REASONS = 20
MAX_REASON_CHARACTERS = 50
_FATAL = frozenset(
    [
        "InvalidAPIKey",
        "WrongCredentials",
        "PolymorphicNameConflict",
        "AnonForbiddenWorker",
        "WorkerFlaggedMaintenance",
        "DeletedUser",
        "WorkerInviteOnly",
        "TooManyWorkers",
        "TooManyWorkersTrusted",
        "TooManySameIPs",
        "UnsafeIP",
        "TooManyNewIPs",
        "ProfaneWorkerName",
        "ProfaneBridgeAgent",
        "TooLongWorkerName",
    ]
)


_ADVICE = {
    "InvalidAPIKey": "give the key of an account of this horde by --apikey",
    "WrongCredentials": "choose another --name, or give the key of the worker's owner by --apikey",
    "PolymorphicNameConflict": "choose another --name: this one belongs to a worker of another kind",
    "ProfaneWorkerName": "choose another --name",
    "TooLongWorkerName": "choose a shorter --name",
    "ProfaneBridgeAgent": "choose another --bridge-agent",
}
_IN_OTHER_WORDS = {
    # Hordes add that one may stay anonymous, which a worker may not.
    "InvalidAPIKey": "No account of this horde has this API key.",
}


class ExitCode(IntEnum):
    """How the worker ended."""

    OK = 0
    CRASH = 1
    CREDENTIALS = 2
    BACKEND = 3
    MAINTENANCE = 4


@dataclass(frozen=True, slots=True)
class _Held(Generic[JobT]):
    """A job not yet made, and until when it is worth making (of `time.monotonic`)."""

    job: JobT
    give_up_at: float


_T = TypeVar("_T")


class Worker(Generic[JobT, MadeT]):
    """One worker name on one horde with one backend."""

    def __init__(
        self,
        kind: Kind[JobT, MadeT],
        *,
        queue_size: int = 1,
        jobs_wanted: int | None = None,
        exit_on_maintenance: bool = False,
        leaving_limit_s: float = LEAVING_LIMIT_S,
        sleep: Sleep = asyncio.sleep,
        tally: Tally | None = None,
    ) -> None:
        self._kind = kind
        self._sleep = sleep
        self._held: asyncio.Queue[_Held[JobT] | None] = asyncio.Queue(maxsize=max(queue_size, 1))
        self._has_room = asyncio.Event()
        self._jobs_wanted = jobs_wanted
        self._exit_on_maintenance = exit_on_maintenance
        self._draining = asyncio.Event()
        self._at_work: set[asyncio.Task[Any]] = set()
        self._leaving_limit_s = leaving_limit_s
        self._limit: asyncio.Timeout | None = None
        self._is_leaving = False
        self._failures_in_a_row = 0
        self._idle_since = time.monotonic()
        self._advised_at = -ADVICE_EVERY_S
        self._wanted_at = -WANTED_EVERY_S
        self._wanted: tuple[tuple[str, int], ...] = ()
        self._tally = tally or Tally()
        self.exit_code = ExitCode.OK
        self.jobs_in_hand = 0

    @property
    def jobs_done(self) -> int:
        """Results delivered since the start."""
        return self._tally.session.results

    @property
    def kudos_earned(self) -> float:
        """Kudos for them."""
        return self._tally.session.kudos

    def drain(self) -> None:
        """Pop no more; finish and submit what is held, then end."""
        self._draining.set()

    def leave(self) -> None:
        """End now: give back what is held as faulted, if the horde hears it within the leaving limit."""
        self._is_leaving = True
        self.drain()
        for task in self._at_work:
            task.cancel()
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._leaving_limit_s)

    async def run(self) -> ExitCode:
        """Work until drained, or until the horde will not have us."""
        try:
            await self._kind.start()
        except BackendFailure as error:
            log.error("worker.backend_failed", backend=self._kind.backend_name, reason=str(error))
            return ExitCode.BACKEND
        try:
            async with asyncio.timeout(None) as self._limit, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._fetch())
                tasks.create_task(self._make())
        except TimeoutError:
            log.warning("worker.left_late", reason="the horde did not take back in time what was held")
        finally:
            self._limit = None
        log.info("worker.left", results=self.jobs_done, kudos=self.kudos_earned)
        return self.exit_code

    # ---------------------------------------------------------------- fetching

    async def _fetch(self) -> None:
        popped, misses = 0, 0
        while (self._jobs_wanted is None or popped < self._jobs_wanted) and await self._may_pop():
            offer = self._kind.offer()
            try:
                answer = await self._kind.pop(offer)
                misses = 0
                job = self._kind.read(answer, offer)
            except UnusableJob as error:
                self._failures_in_a_row += 1
                log.warning("worker.unusable_job", reason=str(error), jobs=len(error.ids))
                await self._fault(error.ids[: offer["amount"]], str(error))
                await self._pause(IDLE_PAUSE_S)
                continue
            except Refused as refusal:
                if not await self._take_refusal(refusal):
                    break
                continue
            except Unreachable as error:
                misses += 1
                log.warning("worker.horde_unreachable", reason=str(error))
                await self._pause(backoff_s(misses))
                continue
            if job is None:
                await self._advise(answer.get("skipped"), offer)
                is_long = time.monotonic() - self._idle_since > LONG_IDLE_AFTER_S
                await self._pause(LONG_IDLE_PAUSE_S if is_long else IDLE_PAUSE_S)
                continue
            popped += 1
            await self._take(job, time.monotonic() + max(job.ttl_s - TTL_MARGIN_S, job.ttl_s / 2))
        await self._held.put(None)

    async def _take(self, job: JobT, give_up_at: float) -> None:
        """Prepare a job and queue it; there is room."""
        self.jobs_in_hand += len(job.ids)
        try:
            ready = await self._in_time(self._kind.prepare(job), give_up_at)
        except BackendFailure as error:
            self._failures_in_a_row += 1
            await self._fail(job.ids, error)
            self.jobs_in_hand -= len(job.ids)
        else:
            self.jobs_in_hand -= len(job.ids) - len(ready.ids)
            self._held.put_nowait(_Held(ready, give_up_at))

    async def _may_pop(self) -> bool:
        """Wait for room, and out the pause after failures; whether to pop then."""
        while self._held.full():
            self._has_room.clear()
            await self._has_room.wait()
        if self._failures_in_a_row >= FAILURES_BEFORE_PAUSE and not self._draining.is_set():
            log.error("worker.pausing", reason="three jobs failed in a row", seconds=FAILURE_PAUSE_S)
            self._failures_in_a_row = 0
            await self._pause(FAILURE_PAUSE_S)
        return not self._draining.is_set()

    async def _take_refusal(self, refusal: Refused) -> bool:
        """Whether to go on popping after this refusal."""
        if refusal.rc == "WorkerMaintenance":
            log.warning("worker.in_maintenance", message=refusal.message)
            if self._exit_on_maintenance:
                self.exit_code = ExitCode.MAINTENANCE
                return False
            await self._pause(MAINTENANCE_PAUSE_S)
            return True
        if refusal.status == 429:
            await self._pause(refusal.retry_after_s or 5.0)
            return True
        if refusal.rc in _FATAL or refusal.status in (400, 401):
            advice = {"advice": _ADVICE[refusal.rc]} if refusal.rc in _ADVICE else {}
            message = _IN_OTHER_WORDS.get(refusal.rc, refusal.message)
            log.error("worker.refused", rc=refusal.rc, message=message, **advice)
            self.exit_code = ExitCode.CREDENTIALS
            return False
        log.warning("worker.refused", rc=refusal.rc, message=refusal.message)
        await self._pause(MAINTENANCE_PAUSE_S)
        return True

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until draining begins."""
        await self._until_draining(self._sleep(seconds))

    async def _until_draining(self, work: Awaitable[_T], limit_s: float | None = None) -> _T | None:
        """The result of work; None when draining begins before, or after the limit."""
        working = asyncio.ensure_future(work)
        draining = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait((working, draining), timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            draining.cancel()

    async def _advise(self, skipped: object, offer: Mapping[str, Any]) -> None:
        """Now and then, tell the operator why there is nothing to do, and which models would change that."""
        now = time.monotonic()
        if not isinstance(skipped, dict) or now - self._advised_at <= ADVICE_EVERY_S:
            return
        counts = {
            name: count
            for name, count in islice(skipped.items(), MAX_REASONS)
            if isinstance(count, int) and count > 0 and len(name) <= MAX_REASON_CHARACTERS
        }
        if not counts:
            return
        self._advised_at = now
        wanted = await self._wanted_besides(offer.get("models", ())) if "models" in counts else {}
        log.info("worker.idle", requests_not_for_us=counts, **({"wanted_models": wanted} if wanted else {}))

    async def _wanted_besides(self, offered: Collection[str]) -> dict[str, int]:
        """The most wanted models that are not offered, each with the jobs that wait; asked for every few minutes."""
        now = time.monotonic()
        if now - self._wanted_at > WANTED_EVERY_S:
            self._wanted_at = now
            try:
                self._wanted = tuple(await self._until_draining(self._kind.wanted_models(), WANTED_LIMIT_S) or ())
            except (Refused, Unreachable):
                self._wanted = ()
        return dict(islice(((name, jobs) for name, jobs in self._wanted if name not in offered), WANTED_TOLD))

    # ---------------------------------------------------------------- making

    async def _make(self) -> None:
        while (held := await self._held.get()) is not None:
            self._has_room.set()
            async with aclosing(self._kind.make(held.job)) as things:
                has_made = await self._make_each(held.job, things, held.give_up_at)
            self._failures_in_a_row = 0 if has_made or not held.job.ids else self._failures_in_a_row + 1
            self._idle_since = time.monotonic()

    async def _make_each(
        self, job: JobT, things: AsyncGenerator[MadeT | BackendFailure, None], give_up_at: float
    ) -> bool:
        """Deliver each thing as it is made, so that no other's failure or slowness takes it along; whether any was."""
        began = time.monotonic()
        has_made = False
        for place, job_id in enumerate(job.ids):
            try:
                thing = await self._in_time(_next(things), give_up_at)
            except Exception as error:  # noqa: BLE001 - whatever a backend does wrong must not end the worker
                await self._fail(job.ids[place:], error)
                self.jobs_in_hand -= len(job.ids) - place
                break
            if isinstance(thing, BackendFailure):
                await self._fail((job_id,), thing)
            else:
                has_made = True
                await self._deliver(job, place, thing, time.monotonic() - began)
            self.jobs_in_hand -= 1
        return has_made

    async def _in_time(self, work: Coroutine[Any, Any, _T], give_up_at: float) -> _T:
        """The result of work on a job. Raises `BackendFailure` when time is up or the worker leaves."""
        if self._is_leaving:
            work.close()
            raise BackendFailure("the worker is leaving")
        task = asyncio.create_task(work)
        self._at_work.add(task)
        try:
            async with asyncio.timeout(give_up_at - time.monotonic()) as limit:
                return await task
        except TimeoutError:
            if not limit.expired():
                raise
            raise BackendFailure("the time that the horde gives for this job is over") from None
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if own is None or own.cancelling():  # it is the worker itself that was cancelled
                raise
            raise BackendFailure("the worker is leaving" if self._is_leaving else "the backend gave up") from None
        finally:
            self._at_work.discard(task)

    async def _deliver(self, job: JobT, place: int, thing: MadeT, seconds: float) -> None:
        try:
            reward = await self._kind.deliver(job, place, thing)
        except (Refused, Unreachable) as error:
            log.warning("worker.not_delivered", job=job.ids[place], reason=str(error))
            return
        if (over := self._tally.add(reward)) is not None:
            log.info("worker.day", day=str(over[0]), results=over[1].results, kudos=over[1].kudos)
        log.info(
            "worker.delivered",
            model=job.model,
            **self._kind.describe(job),
            seconds=round(seconds, 1),
            kudos=reward,
            kudos_today=self._tally.day.kudos,
        )

    async def _fail(self, ids: Sequence[str], error: Exception) -> None:
        reason = str(error) or type(error).__name__
        log.error("worker.job_failed", reason=reason, kind=type(error).__name__)
        await self._fault(ids, reason)

    async def _fault(self, ids: Sequence[str], reason: str) -> None:
        """Give jobs back at once, so that another worker can have them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FAULTS_LIMIT_S):
                for job_id in ids:
                    try:
                        await self._kind.give_back(job_id, reason)
                    except (Refused, Unreachable) as error:
                        log.warning("worker.fault_not_delivered", job=job_id, reason=str(error))


async def _next(things: AsyncGenerator[_T, None]) -> _T:
    return await anext(things)
