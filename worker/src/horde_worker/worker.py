"""The loop: pop → prepare → make → deliver, with the next jobs fetched while some run (workers.md §1).

It is the same for every kind of work: a *fetcher* pops and prepares, jobs are made in as many slots as the maker has.
`drain` ends it in order: no more pops, what is held is finished and submitted. `finish_running` gives back what is not
begun yet. `leave` ends it now: all that is held is given back as faulted, so that nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic

import structlog

from horde_worker.backends.events import BackendFailure, UnusableInput
from horde_worker.exit_codes import ExitCode
from horde_worker.gate.rules import Gate, Readiness, Rule
from horde_worker.hooks import Hook, Hooks
from horde_worker.horde_api import Refused
from horde_worker.job_log import JobLog
from horde_worker.kinds.interface import JobT, Kind, ResultT
from horde_worker.loop.ahead import Ahead
from horde_worker.loop.at_work import LEAVING, STILL_LIMIT_S, AtWork
from horde_worker.loop.breaker import CircuitBreaker
from horde_worker.loop.delivering import Delivering
from horde_worker.loop.fetching import Fetching
from horde_worker.loop.held import Held
from horde_worker.loop.making import Making
from horde_worker.loop.slots import Slots
from horde_worker.loop.speeds import Speeds
from horde_worker.named_places import Sleep
from horde_worker.refusals import Judge
from horde_worker.spool.spool import Spool
from horde_worker.steady_clock import Deadline
from horde_worker.tally import Tally
from horde_worker.waiting import unless_stopped

log = structlog.get_logger(__name__)

TTL_MARGIN_S = 10.0
LEAVING_LIMIT_S = 10.0
RESENDING_LIMIT_S = 5.0
"""How long the end waits for the answer to what was kept before: it is kept on, if need be."""


class Worker(Generic[JobT, ResultT]):
    """One worker name on one horde with one kind of work. Hooks are called after the log's own."""

    def __init__(
        self,
        kind: Kind[JobT, ResultT],
        *,
        queue_size: int = 1,
        jobs_wanted: int | None = None,
        exit_on_maintenance: bool = False,
        is_service: bool = False,
        leaving_limit_s: float = LEAVING_LIMIT_S,
        still_limit_s: float = STILL_LIMIT_S,
        sleep: Sleep = asyncio.sleep,
        tally: Tally | None = None,
        hooks: Sequence[Hook] = (),
        spool: Spool | None = None,
        rules: Sequence[Rule] = (),
        resume: Callable[[], Awaitable[bool]] | None = None,
        resume_at_start: bool = False,
    ) -> None:
        """`rules` may be against asking for work, besides the backend itself; `resume` ends a maintenance of ours.

        It is called at the start where the owner wishes so, or where the maintenance was to last until then.
        """
        self._kind = kind
        self._sleep = sleep
        self._spool = spool
        self._leaving_limit_s = leaving_limit_s
        self._limit: asyncio.Timeout | None = None
        self._draining = asyncio.Event()
        self._is_finishing = False
        self._fetched, self._running = AtWork(), AtWork()
        self._tally = tally or Tally()
        self._all_hooks = (JobLog(self._tally), *hooks)
        kind.may_stream = not Hooks(self._all_hooks).decide_on_results
        self._breaker = CircuitBreaker()
        self._speeds = Speeds()
        self._slots = Slots(lambda: kind.slots)
        self._ahead: Ahead[JobT] = Ahead(queue_size, self._slots, self._speeds)
        self._judge = Judge(exit_on_maintenance=exit_on_maintenance, is_service=is_service)
        self._delivering = Delivering(kind, spool, on_refused=self._refused, on_late=self._offer_less)
        self._making = Making(
            kind, self._running, self._delivering, self._speeds, still_limit_s=still_limit_s, on_over=self._over
        )
        self._fetching = Fetching(
            kind,
            self._ahead,
            self._breaker,
            Gate((Readiness(kind), *rules)),
            self._judge,
            Hooks(self._all_hooks),
            stop=self._draining,
            sleep=sleep,
            jobs_wanted=jobs_wanted,
            jobs_in_hand=lambda: self.jobs_in_hand,
            take=self._take,
            turn_down=self._making.fault,
            resume=resume,
            resume_at_start=resume_at_start,
        )
        self._exit_code = ExitCode.OK
        self.jobs_in_hand = 0

    @property
    def exit_code(self) -> ExitCode:
        """How it ended, or will: the first reason not to go on."""
        return self._fetching.exit_code or self._exit_code

    @property
    def jobs_done(self) -> int:
        """Results delivered since the start."""
        return self._tally.session.results

    @property
    def kudos_earned(self) -> float:
        """Kudos for them."""
        return self._tally.session.kudos

    @property
    def waits_for(self) -> str:
        """Why it asks for no work just now; empty while it does."""
        return self._fetching.waits_for

    def drain(self) -> None:
        """Pop no more; finish and submit what is held, then end."""
        self._draining.set()

    def finish_running(self) -> None:
        """Finish and submit what is being made; give back what is not begun."""
        self._is_finishing = True
        self.drain()
        self._fetched.leave()

    def leave(self) -> None:
        """End now: give back what is held as faulted, if the horde hears it within the leaving limit."""
        self.finish_running()
        self._running.leave()
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._leaving_limit_s)

    async def run(self) -> ExitCode:
        """Work until drained, or until the horde will not have us."""
        try:
            await unless_stopped(self._draining, self._kind.start())
        except BackendFailure as error:
            log.error("worker.backend_failed", backend=self._kind.backend_name, reason=str(error))
            return ExitCode.BACKEND
        if self._spool is not None:
            await self._spool.open()
        try:
            async with asyncio.timeout(None) as self._limit, asyncio.TaskGroup() as tasks:
                all_made = asyncio.Event()
                resending = tasks.create_task(self._delivering.resend_until(all_made, self._new_hooks(), self._sleep))
                tasks.create_task(self._fetching.run())
                await self._make()
                all_made.set()
                await asyncio.wait((resending,), timeout=RESENDING_LIMIT_S)
                resending.cancel()
        except TimeoutError:
            log.warning("worker.left_late", reason="the horde did not take back in time what was held")
        finally:
            self._limit = None
            if self._spool is not None:
                await self._spool.close()
        log.info("worker.left", results=self.jobs_done, kudos=self.kudos_earned)
        return self.exit_code

    async def _take(self, job: JobT) -> None:
        """Prepare a job and queue it; there is room."""
        self.jobs_in_hand += len(job.ids)
        margin_s = TTL_MARGIN_S + min(self._delivering.usual_s, job.ttl_s / 4)
        deadline = Deadline(job.ttl_s, margin_s)
        try:
            ready = await self._fetched.in_time(self._kind.prepare(job), deadline)
        except BackendFailure as error:
            if not isinstance(error, UnusableInput):  # else whoever asks for three such things stops a worker
                self._breaker.failed()
            await self._making.give_back(job, job.ids, error, self._new_hooks())
            self._over(len(job.ids))
        else:
            self._over(len(job.ids) - len(ready.ids))
            self._ahead.put(Held(ready, deadline, self._kind.effort(ready)), job.ttl_s)

    async def _make(self) -> None:
        """Begin jobs as slots get free, until the last one is over."""
        async with asyncio.TaskGroup() as making:
            while True:
                await self._slots.until_free()
                if (held := await self._ahead.get()) is None:
                    break
                is_alone = self._slots.total > 1 and self._kind.wants_all(held.job)
                if is_alone:
                    await self._slots.until_all_free()
                self._slots.take(alone=is_alone)
                making.create_task(self._work_on(held))

    async def _work_on(self, held: Held[JobT]) -> None:
        self._ahead.begun(held)
        hooks = self._new_hooks()
        try:
            if self._is_finishing:
                await self._making.give_back(held.job, held.job.ids, BackendFailure(LEAVING), hooks)
                self._over(len(held.job.ids))
            elif await self._making.work_on(held, hooks) or not held.job.ids:
                self._breaker.succeeded()
            else:
                self._breaker.failed()
        finally:
            self._ahead.over(held)
            self._slots.give()
            self._fetching.was_busy()

    def _over(self, results: int) -> None:
        self.jobs_in_hand -= results

    def _refused(self, refusal: Refused) -> None:
        """The horde will not even have what was made."""
        verdict = self._judge.verdict_on(refusal)
        if verdict.exit_code is not None:
            self._exit_code = verdict.exit_code
            self.drain()

    def _offer_less(self) -> None:
        """Three results in a row came too late: the horde had given the jobs to somebody else."""
        now = f"{self._slots.total} jobs at a time" if self._slots.narrow() else self._kind.offer_less()
        log.warning("worker.too_late", results=3, offers_now=now or "no less: there is nothing to take back")

    def _new_hooks(self) -> Hooks:
        return Hooks(self._all_hooks)
