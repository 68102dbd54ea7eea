"""Asking the horde for jobs: when, how often, and what its refusals mean."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic

import structlog

from horde_worker.backends.events import BackendFailure
from horde_worker.exit_codes import ExitCode
from horde_worker.gate.rules import Gate
from horde_worker.hooks import Hooks
from horde_worker.horde_api import Refused, Unreachable, backoff_s
from horde_worker.horde_messages import HordeMessages
from horde_worker.idle_advice import IdleAdvice
from horde_worker.kinds.hand_out import HandOut, UnusableJob
from horde_worker.kinds.interface import JobT, Kind, ResultT
from horde_worker.loop.ahead import Ahead
from horde_worker.loop.breaker import FAILURE_PAUSE_S, CircuitBreaker
from horde_worker.named_places import Sleep
from horde_worker.refusals import Judge
from horde_worker.remote import is_until_next_start
from horde_worker.steady_clock import steady_s
from horde_worker.waiting import LATE_ANSWER_LIMIT_S, unless_stopped

log = structlog.get_logger(__name__)

IDLE_PAUSE_S = 1.0
LONG_IDLE_PAUSE_S: Final = 3.0
LONG_IDLE_AFTER_S: Final = 60.0
GATE_PAUSE_S: Final = 1.0
WANTED_LIMIT_S: Final = 10.0


class Fetching(Generic[JobT, ResultT]):
    """Pops until the stop comes, or the horde will not have us."""

    def __init__(
        self,
        kind: Kind[JobT, ResultT],
        ahead: Ahead[JobT],
        breaker: CircuitBreaker,
        gate: Gate,
        judge: Judge,
        hooks: Hooks,
        *,
        stop: asyncio.Event,
        sleep: Sleep,
        jobs_wanted: int | None,
        jobs_in_hand: Callable[[], int],
        take: Callable[[JobT], Awaitable[None]],
        turn_down: Callable[[Sequence[str], str], Awaitable[None]],
        resume: Callable[[], Awaitable[bool]] | None,
        resume_at_start: bool,
    ) -> None:
        """`take` prepares a job and queues it; `turn_down` gives jobs back that cannot even be read."""
        self._kind = kind
        self._ahead = ahead
        self._breaker = breaker
        self._gate = gate
        self._judge = judge
        self._hooks = hooks
        self._stop = stop
        self._sleep = sleep
        self._jobs_wanted = jobs_wanted
        self._jobs_in_hand = jobs_in_hand
        self._take = take
        self._turn_down = turn_down
        self._resume = resume  # only until the first answer to a pop: later a maintenance is meant for this run
        self._resume_at_start = resume_at_start
        self._advice = IdleAdvice(self._wanted_models)
        self._messages = HordeMessages()
        self._busy_at = steady_s()
        self._misses = 0
        self.waits_for = ""
        """Why no work is asked for; empty while it is."""
        self.exit_code = ExitCode.OK

    def was_busy(self) -> None:
        """A job is over just now."""
        self._busy_at = steady_s()

    async def run(self) -> None:
        """Fetch as many jobs as are wanted, then end the queue."""
        popped = 0
        while (self._jobs_wanted is None or popped < self._jobs_wanted) and await self._may_pop():
            try:
                hand_out = await unless_stopped(self._stop, self._kind.pop(), grace_s=LATE_ANSWER_LIMIT_S)
            except UnusableJob as error:
                self._misses = 0
                self._breaker.failed()
                log.warning("worker.unusable_job", reason=str(error), jobs=len(error.ids))
                await self._turn_down(error.ids, str(error))
                await self._pause(IDLE_PAUSE_S)
                continue
            except Refused as refusal:
                if await self._is_resumed(refusal):
                    continue
                verdict = self._judge.verdict_on(refusal)
                if verdict.exit_code is not None:
                    self.exit_code = verdict.exit_code
                    break
                if verdict.is_maintenance and not self._jobs_in_hand():
                    await self._kind.unload()
                await self._pause(verdict.pause_s)
                continue
            except Unreachable as error:
                self._misses += 1
                log.warning("worker.horde_unreachable", reason=str(error))
                await self._pause(backoff_s(self._misses))
                continue
            if hand_out is None:
                break
            self._misses = 0
            self._resume = None
            self._judge.was_answered()
            self._messages.hear(hand_out.messages)
            if hand_out.job is None:
                await self._idle(hand_out)
                continue
            popped += 1
            await self._take(hand_out.job)
        self._ahead.end()

    async def _is_resumed(self, refusal: Refused) -> bool:
        """End a maintenance that was to last until this start; whether that was done."""
        if refusal.rc != "WorkerMaintenance" or self._resume is None:
            return False
        resume, self._resume = self._resume, None
        if not (self._resume_at_start or is_until_next_start(refusal.message)):
            return False
        try:
            is_done = await unless_stopped(self._stop, resume(), limit_s=WANTED_LIMIT_S)
        except (Refused, Unreachable) as error:
            log.warning("worker.not_resumed", reason=str(error))
            return False
        if is_done:
            log.info("worker.resumed", maintenance=refusal.message)
        return bool(is_done)

    async def _may_pop(self) -> bool:
        """Wait for room, out the pause after failures, and until nothing is against it; whether to pop then."""
        while True:
            await self._ahead.until_room()
            await self._wait_out_failures()
            if self._stop.is_set():
                return False
            if not (reason := await self._gate.reason(self._jobs_in_hand())):
                break
            await self._tell_gate(reason)
            await self._pause(GATE_PAUSE_S)
        await self._tell_gate("")
        return not self._stop.is_set()

    async def _tell_gate(self, reason: str) -> None:
        """Each reason once."""
        if reason != self.waits_for:
            self.waits_for = reason
            await self._hooks.on_gate(reason)

    async def _wait_out_failures(self) -> None:
        """After failures in a row a long pause, and after that the backend has to prove itself."""
        while self._breaker.is_open and not self._stop.is_set():
            log.error("worker.pausing", reason="three jobs failed in a row", seconds=FAILURE_PAUSE_S)
            self._breaker.succeeded()
            await self._pause(FAILURE_PAUSE_S)
            try:
                await unless_stopped(self._stop, self._kind.self_test())
            except BackendFailure as failure:
                log.error("worker.self_test_failed", backend=self._kind.backend_name, reason=str(failure))
                self._breaker.trip()

    async def _idle(self, hand_out: HandOut[JobT]) -> None:
        """Wait a while before the next pop: there is nothing to do."""
        await self._advice.give(hand_out.skipped)
        if hand_out.held_s >= IDLE_PAUSE_S:
            return  # the horde tells at once when there is something; who hurries back misses nothing
        is_long = steady_s() - self._busy_at > LONG_IDLE_AFTER_S
        # Workers that were idle together do not come back together.
        await self._pause(LONG_IDLE_PAUSE_S * random.uniform(0.8, 1.2) if is_long else IDLE_PAUSE_S)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until the stop."""
        await unless_stopped(self._stop, self._sleep(seconds))

    async def _wanted_models(self) -> Sequence[tuple[str, int]] | None:
        """What the horde says is wanted; None where it takes too long."""
        return await unless_stopped(self._stop, self._kind.wanted_models(), limit_s=WANTED_LIMIT_S)
