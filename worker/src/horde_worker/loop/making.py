"""One job after it was fetched: made in time, checked by hooks, packed and delivered, or given back with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar, cast

import structlog

from horde_worker.backends.events import BackendFailure, BackendGone, CalledOff, OutOfMemory, Watched
from horde_worker.hooks import Hooks
from horde_worker.horde_api import Refused, Unreachable
from horde_worker.kinds.interface import JobT, Kind, ResultT
from horde_worker.kinds.parcel import Parcel
from horde_worker.loop.at_work import AtWork, Pulse
from horde_worker.loop.delivering import Delivering
from horde_worker.loop.held import Held
from horde_worker.loop.speeds import Speeds
from horde_worker.steady_clock import steady_s
from horde_worker.streams.job_stream import JobStream

log = structlog.get_logger(__name__)

CLOSING_LIMIT_S: Final = 10.0
FAULTS_LIMIT_S: Final = 30.0
BACK_AGAIN_LIMIT_S: Final = 60.0
"""How long a job waits for a backend that has gone, before it is given back."""
LOOK_AGAIN_S: Final = 0.25

_T = TypeVar("_T")


class Making(Generic[JobT, ResultT]):
    """Makes jobs of one kind, one at each call of `work_on`; several may run at a time."""

    def __init__(
        self,
        kind: Kind[JobT, ResultT],
        at_work: AtWork,
        delivering: Delivering,
        speeds: Speeds,
        *,
        still_limit_s: float,
        on_over: Callable[[int], None],
    ) -> None:
        """`on_over` hears how many results more are over, delivered or given back."""
        self._kind = kind
        self._at_work = at_work
        self._delivering = delivering
        self._speeds = speeds
        self._still_limit_s = still_limit_s
        self._on_over = on_over

    async def work_on(self, held: Held[JobT], hooks: Hooks) -> bool:
        """Make a job and deliver it, as far as that works; whether anything was made."""
        job = held.job
        try:
            await self._at_work.in_time(hooks.before_job(job), held.deadline)
        except BackendFailure as error:
            await self._fail(job, job.ids, error, hooks)
            self._on_over(len(job.ids))
            has_made = False
        else:
            has_made = await self._make(held, hooks)
        await hooks.after_job(job)
        return has_made

    async def give_back(self, job: JobT, ids: Sequence[str], error: Exception, hooks: Hooks) -> None:
        """Tell why results of a job cannot be made, and let another worker have them."""
        await self._fail(job, ids, error, hooks)

    async def fault(self, ids: Sequence[str], reason: str) -> None:
        """Give jobs back at once, so that another worker can have them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FAULTS_LIMIT_S):
                for job_id in ids:
                    try:
                        await self._kind.give_back(job_id, reason)
                    except (Refused, Unreachable) as error:
                        log.warning("worker.fault_not_delivered", job=job_id, reason=str(error))

    async def _make(self, held: Held[JobT], hooks: Hooks) -> bool:
        """Deliver each result as it is made, so that no other's failure or slowness takes it along; whether any was."""
        stream = self._kind.stream(held.job, held.deadline)
        if stream is None:
            return await self._make_each(held, hooks, None)
        async with stream:
            return await self._make_each(held, hooks, stream)

    async def _make_each(self, held: Held[JobT], hooks: Hooks, stream: JobStream | None) -> bool:
        job, pulse = held.job, Pulse(self._still_limit_s)
        called_off = None if stream is None else stream.called_off

        async def watch(event: Watched) -> None:
            pulse.beat()
            if stream is not None:
                stream.tell(event)
            await hooks.watch(job, event)

        attempt = _Attempt(self._kind.make(job, watch))
        began, spent_s = steady_s(), 0.0
        has_made, is_tried_again = False, False
        place = 0
        try:
            while place < len(job.ids):
                since = steady_s()
                try:
                    result = await self._at_work.in_time(attempt.next(), held.deadline, pulse, called_off)
                except CalledOff:
                    await attempt.close()
                    await self._hand_in_called_off(held, place, stream, began, hooks)
                    self._on_over(len(job.ids) - place)
                    return True  # it was nobody's failure
                except Exception as error:  # noqa: BLE001 - whatever a backend does wrong must not end the worker
                    may_be_another = not has_made and not is_tried_again and not (stream and stream.has_told)
                    if may_be_another and await self._may_try_again(error, held):
                        is_tried_again = True
                        await attempt.close()
                        pulse = Pulse(self._still_limit_s)
                        attempt = _Attempt(self._kind.make(job, watch))
                        began = steady_s()
                        continue
                    await self._fail(job, job.ids[place:], error, hooks)
                    self._on_over(len(job.ids) - place)
                    return has_made
                spent_s += steady_s() - since
                if stream is not None:
                    await stream.flush(place)
                has_made = await self._hand_over(held, place, result, began, hooks) or has_made
                if stream is not None:
                    stream.over(place)  # signs of life until then: a judge or an upload may take a while
                self._on_over(1)
                place += 1
        finally:
            await attempt.close()
        if has_made:
            self._speeds.learn(job.model, held.effort, spent_s)
        return has_made

    async def _hand_in_called_off(
        self, held: Held[JobT], place: int, stream: JobStream | None, began: float, hooks: Hooks
    ) -> None:
        """Hand in what there is of results that nobody waits for any more: what was told of them is paid."""
        job = held.job
        log.info("worker.called_off", jobs=job.ids[place:])
        for left in range(place, len(job.ids)):
            so_far = "" if stream is None else stream.so_far(left)
            await self._delivering.deliver(job, left, self._kind.pack_called_off(job, left, so_far), began, hooks)

    async def _hand_over(
        self, held: Held[JobT], place: int, result: ResultT | BackendFailure, began: float, hooks: Hooks
    ) -> bool:
        """Pack a result and deliver it; whether there was one."""
        job, is_made = held.job, False
        try:
            if isinstance(result, BackendFailure):
                raise result
            parcel = await self._at_work.in_time(self._packed(job, place, result, hooks), held.deadline)
            is_made = True
            await self._delivering.deliver(job, place, parcel, began, hooks)
        except Exception as error:  # noqa: BLE001 - nor must what is wrong with one result
            await self._fail(job, (job.ids[place],), error, hooks)
        return is_made

    async def _packed(self, job: JobT, place: int, result: ResultT, hooks: Hooks) -> Parcel:
        """A result as it is delivered, if the hooks let it pass."""
        checked = await hooks.on_result(job, place, result)
        return await self._kind.pack(job, place, cast(ResultT, checked))  # of the same class, as hooks are held to

    async def _may_try_again(self, error: Exception, held: Held[JobT]) -> bool:
        """Whether a job that nothing was made of yet may succeed the second time, and there is time for it."""
        if isinstance(error, OutOfMemory | MemoryError):
            log.warning("worker.trying_again", reason=str(error) or "out of memory")
            return await self._in_time_or_not(self._kind.unload(), held)
        if isinstance(error, BackendGone):
            log.warning("worker.trying_again", reason=str(error))
            return await self._in_time_or_not(self._until_ready(), held)
        return False

    async def _in_time_or_not(self, work: Awaitable[object], held: Held[JobT]) -> bool:
        """Whether something could be done while there is still as much time left for the job as it took."""

        async def done() -> None:
            async with asyncio.timeout(min(BACK_AGAIN_LIMIT_S, (held.deadline.at - steady_s()) / 2)):
                await work

        try:
            await self._at_work.in_time(done(), held.deadline)
        except (BackendFailure, TimeoutError):
            return False
        return not self._at_work.is_leaving

    async def _until_ready(self) -> None:
        await asyncio.sleep(LOOK_AGAIN_S)  # the backend has to notice itself that it was lost
        while self._kind.unready:
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _fail(self, job: JobT, ids: Sequence[str], error: Exception, hooks: Hooks) -> None:
        await hooks.on_fault(job, ids, error)
        await self.fault(ids, str(error) or type(error).__name__)


class _Attempt(Generic[_T]):
    """The results of a backend that works on a job."""

    def __init__(self, results: AsyncGenerator[_T, None]) -> None:
        self._results = results

    async def next(self) -> _T:
        """The next one."""
        return await anext(self._results)

    async def close(self) -> None:
        """Let the backend end what it has begun; whatever goes wrong there, the job is over."""
        try:
            async with asyncio.timeout(CLOSING_LIMIT_S):
                await self._results.aclose()
        except Exception as error:  # noqa: BLE001 - a backend may raise anything
            log.warning("worker.backend_not_stopped", reason=str(error) or type(error).__name__)
