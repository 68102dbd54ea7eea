"""The loop: pop → prepare → make → deliver, with the next job fetched while one runs (workers.md §1).

It is the same for every kind of work. Two tasks and a queue of one: the *fetcher* pops and prepares, the *maker* works.
`drain` ends it in order: no more pops, what is held is finished and submitted. `leave` ends it now: what is held is
given back as faulted, so that nobody waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

import structlog

from horde_worker.backends.events import BackendFailure
from horde_worker.exit_codes import ExitCode
from horde_worker.hooks import Delivery, Hook, Hooks
from horde_worker.horde_api import Refused, Unreachable, backoff_s
from horde_worker.horde_messages import HordeMessages
from horde_worker.idle_advice import IdleAdvice
from horde_worker.job_log import JobLog
from horde_worker.kinds.hand_out import HandOut, UnusableJob
from horde_worker.kinds.interface import JobT, Kind, MadeT, ResultT
from horde_worker.named_places import Sleep
from horde_worker.refusals import verdict_on
from horde_worker.tally import Tally
from horde_worker.waiting import LATE_ANSWER_LIMIT_S, unless_stopped

log = structlog.get_logger(__name__)

IDLE_PAUSE_S = 1.0
LONG_IDLE_PAUSE_S = 3.0
LONG_IDLE_AFTER_S = 60.0
FAILURES_BEFORE_PAUSE = 3
FAILURE_PAUSE_S = 180.0
TTL_MARGIN_S = 10.0
LEAVING_LIMIT_S = 10.0
FAULTS_LIMIT_S = 30.0
WANTED_LIMIT_S = 10.0
CLOSING_LIMIT_S = 10.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Held(Generic[JobT]):
    """A job not yet made, and until when it is worth making (of `time.monotonic`)."""

    job: JobT
    give_up_at: float


class Worker(Generic[JobT, ResultT, MadeT]):
    """One worker name on one horde with one kind of work. Hooks are called after the log's own."""

    def __init__(
        self,
        kind: Kind[JobT, ResultT, MadeT],
        *,
        queue_size: int = 1,
        jobs_wanted: int | None = None,
        exit_on_maintenance: bool = False,
        leaving_limit_s: float = LEAVING_LIMIT_S,
        sleep: Sleep = asyncio.sleep,
        tally: Tally | None = None,
        hooks: Sequence[Hook] = (),
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
        self._advice = IdleAdvice(self._wanted_models)
        self._messages = HordeMessages()
        self._tally = tally or Tally()
        self._hooks = Hooks((JobLog(self._tally), *hooks))
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
            await unless_stopped(self._draining, self._kind.start())
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
            try:
                hand_out = await unless_stopped(self._draining, self._kind.pop(), grace_s=LATE_ANSWER_LIMIT_S)
                misses = 0
            except UnusableJob as error:
                misses = 0
                self._failures_in_a_row += 1
                log.warning("worker.unusable_job", reason=str(error), jobs=len(error.ids))
                await self._fault(error.ids, str(error))
                await self._pause(IDLE_PAUSE_S)
                continue
            except Refused as refusal:
                verdict = verdict_on(refusal, exit_on_maintenance=self._exit_on_maintenance)
                if verdict.exit_code is not None:
                    self.exit_code = verdict.exit_code
                    break
                await self._pause(verdict.pause_s)
                continue
            except Unreachable as error:
                misses += 1
                log.warning("worker.horde_unreachable", reason=str(error))
                await self._pause(backoff_s(misses))
                continue
            if hand_out is None:
                break
            self._messages.hear(hand_out.messages)
            if hand_out.job is None:
                await self._idle(hand_out)
                continue
            popped += 1
            job = hand_out.job
            await self._take(job, time.monotonic() + max(job.ttl_s - TTL_MARGIN_S, job.ttl_s / 2))
        await self._held.put(None)

    async def _idle(self, hand_out: HandOut[JobT]) -> None:
        """Wait a while before the next pop: there is nothing to do."""
        await self._advice.give(hand_out.skipped)
        if hand_out.held_s >= IDLE_PAUSE_S:
            return  # the horde tells at once when there is something; who hurries back misses nothing
        is_long = time.monotonic() - self._idle_since > LONG_IDLE_AFTER_S
        await self._pause(LONG_IDLE_PAUSE_S if is_long else IDLE_PAUSE_S)

    async def _take(self, job: JobT, give_up_at: float) -> None:
        """Prepare a job and queue it; there is room."""
        self.jobs_in_hand += len(job.ids)
        try:
            ready = await self._in_time(self._kind.prepare(job), give_up_at)
        except BackendFailure as error:
            self._failures_in_a_row += 1
            await self._fail(job, job.ids, error)
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

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until draining begins."""
        await unless_stopped(self._draining, self._sleep(seconds))

    async def _wanted_models(self) -> Sequence[tuple[str, int]] | None:
        """What the horde says is wanted; None where it takes too long."""
        return await unless_stopped(self._draining, self._kind.wanted_models(), limit_s=WANTED_LIMIT_S)

    # ---------------------------------------------------------------- making

    async def _make(self) -> None:
        while (held := await self._held.get()) is not None:
            self._has_room.set()
            has_made = await self._make_one(held.job, held.give_up_at)
            self._failures_in_a_row = 0 if has_made or not held.job.ids else self._failures_in_a_row + 1
            self._idle_since = time.monotonic()

    async def _make_one(self, job: JobT, give_up_at: float) -> bool:
        """Make a job and deliver it, as far as that works; whether anything was made."""
        try:
            await self._in_time(self._hooks.before_job(job), give_up_at)
        except BackendFailure as error:
            await self._fail(job, job.ids, error)
            self.jobs_in_hand -= len(job.ids)
            has_made = False
        else:
            results = self._kind.make(job, partial(self._hooks.watch, job))
            try:
                has_made = await self._make_each(job, results, give_up_at)
            finally:
                await _close(results)
        await self._hooks.after_job(job)
        return has_made

    async def _make_each(
        self, job: JobT, results: AsyncGenerator[ResultT | BackendFailure, None], give_up_at: float
    ) -> bool:
        """Deliver each result as it is made, so that no other's failure or slowness takes it along; whether any was."""
        began = time.monotonic()
        has_made = False
        for place, job_id in enumerate(job.ids):
            try:
                result = await self._in_time(_next(results), give_up_at)
            except Exception as error:  # noqa: BLE001 - whatever a backend does wrong must not end the worker
                await self._fail(job, job.ids[place:], error)
                self.jobs_in_hand -= len(job.ids) - place
                break
            try:
                if isinstance(result, BackendFailure):
                    raise result
                made = await self._in_time(self._packed(job, place, result), give_up_at)
                has_made = True
                await self._deliver(job, place, made, began)
            except Exception as error:  # noqa: BLE001 - nor what is wrong with one result
                await self._fail(job, (job_id,), error)
            self.jobs_in_hand -= 1
        return has_made

    async def _packed(self, job: JobT, place: int, result: ResultT) -> MadeT:
        """A result as it is delivered, if the hooks let it pass."""
        checked = await self._hooks.on_result(job, place, result)
        return await self._kind.pack(job, place, cast(ResultT, checked))  # of the same class, as hooks are held to

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

    async def _deliver(self, job: JobT, place: int, made: MadeT, began: float) -> None:
        seconds = time.monotonic() - began
        try:
            reward = await self._kind.deliver(job, place, made)
        except (Refused, Unreachable) as error:
            log.warning("worker.not_delivered", job=job.ids[place], reason=str(error))
        else:
            await self._hooks.on_delivered(job, Delivery(place, seconds, reward))

    async def _fail(self, job: JobT, ids: Sequence[str], error: Exception) -> None:
        await self._hooks.on_fault(job, ids, error)
        await self._fault(ids, str(error) or type(error).__name__)

    async def _fault(self, ids: Sequence[str], reason: str) -> None:
        """Give jobs back at once, so that another worker can have them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FAULTS_LIMIT_S):
                for job_id in ids:
                    try:
                        await self._kind.give_back(job_id, reason)
                    except (Refused, Unreachable) as error:
                        log.warning("worker.fault_not_delivered", job=job_id, reason=str(error))


async def _close(results: AsyncGenerator[Any, None]) -> None:
    """Let a backend end what it has begun; whatever goes wrong there, the job is over."""
    try:
        async with asyncio.timeout(CLOSING_LIMIT_S):
            await results.aclose()
    except Exception as error:  # noqa: BLE001 - a backend may raise anything
        log.warning("worker.backend_not_stopped", reason=str(error) or type(error).__name__)


async def _next(results: AsyncGenerator[_T, None]) -> _T:
    return await anext(results)
