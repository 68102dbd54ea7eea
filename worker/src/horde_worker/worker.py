"""The loop: pop → generate → upload → submit, with the next job fetched while one runs (worker.md §1.1.1).

Two tasks and a queue of one: the *fetcher* pops, the *maker* works. `drain` ends it in order: no more pops, what is
held is finished and submitted. `leave` ends it now: what is held is given back as faulted, so that nobody waits for it.
"""

from __future__ import annotations

import asyncio
import base64
import io
import time
from collections.abc import Sequence
from enum import IntEnum

import structlog
from PIL import Image

from horde_worker.backends.interface import Backend, BackendFailure, ImageJob, ImageResult, Remark
from horde_worker.horde_api import HordeApi, Refused, Sleep, Unreachable, backoff_s
from horde_worker.offer import OperatorWishes, pop_body
from horde_worker.popped import UnusableJob, read_pop

log = structlog.get_logger(__name__)

IDLE_PAUSE_S = 1.0
LONG_IDLE_PAUSE_S = 3.0
LONG_IDLE_AFTER_S = 60.0
MAINTENANCE_PAUSE_S = 30.0
FAILURES_BEFORE_PAUSE = 3
FAILURE_PAUSE_S = 180.0
ADVICE_EVERY_S = 60.0
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


class ExitCode(IntEnum):
    """How the worker ended."""

    OK = 0
    CRASH = 1
    CREDENTIALS = 2
    BACKEND = 3
    MAINTENANCE = 4


class ImageWorker:
    """One worker name on one horde with one backend."""

    def __init__(
        self,
        api: HordeApi,
        backend: Backend,
        wishes: OperatorWishes,
        *,
        queue_size: int = 1,
        jobs_wanted: int | None = None,
        exit_on_maintenance: bool = False,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._api = api
        self._backend = backend
        self._wishes = wishes
        self._sleep = sleep
        self._held: asyncio.Queue[ImageJob | None] = asyncio.Queue(maxsize=max(queue_size, 1))
        self._jobs_wanted = jobs_wanted
        self._exit_on_maintenance = exit_on_maintenance
        self._draining = asyncio.Event()
        self._making: asyncio.Task[Sequence[ImageResult]] | None = None
        self._is_leaving = False
        self._failures_in_a_row = 0
        self._idle_since = time.monotonic()
        self._advised_at = 0.0
        self.exit_code = ExitCode.OK
        self.jobs_done = 0
        self.kudos_earned = 0.0

    def drain(self) -> None:
        """Pop no more; finish and submit what is held, then end."""
        self._draining.set()

    def leave(self) -> None:
        """End now: give back what is held as faulted."""
        self._is_leaving = True
        self.drain()
        if self._making is not None:
            self._making.cancel()

    async def run(self) -> ExitCode:
        """Work until drained, or until the horde will not have us."""
        try:
            await self._backend.start()
        except BackendFailure as error:
            log.error("worker.backend_failed", backend=self._backend.name, reason=str(error))
            return ExitCode.BACKEND
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fetch())
            tasks.create_task(self._make())
        return self.exit_code

    # ---------------------------------------------------------------- fetching

    async def _fetch(self) -> None:
        popped, misses = 0, 0
        while not self._draining.is_set() and (self._jobs_wanted is None or popped < self._jobs_wanted):
            try:
                answer = await self._api.pop(pop_body(self._wishes, self._backend.abilities))
                job = read_pop(answer)
                misses = 0
            except UnusableJob as error:
                log.warning("worker.unusable_job", reason=str(error))
                await self._fault(error.ids, str(error))
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
                self._advise(answer.get("skipped"))
                is_long = time.monotonic() - self._idle_since > LONG_IDLE_AFTER_S
                await self._pause(LONG_IDLE_PAUSE_S if is_long else IDLE_PAUSE_S)
                continue
            popped += 1
            await self._held.put(job)
            if self._failures_in_a_row >= FAILURES_BEFORE_PAUSE:
                log.error("worker.pausing", reason="three jobs failed in a row", seconds=FAILURE_PAUSE_S)
                self._failures_in_a_row = 0
                await self._pause(FAILURE_PAUSE_S)
        await self._held.put(None)

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
            log.error("worker.refused", rc=refusal.rc, message=refusal.message)
            self.exit_code = ExitCode.CREDENTIALS
            return False
        log.warning("worker.refused", rc=refusal.rc, message=refusal.message)
        await self._pause(MAINTENANCE_PAUSE_S)
        return True

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until draining begins."""
        waiting = asyncio.ensure_future(self._sleep(seconds))
        draining = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait((waiting, draining), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            draining.cancel()

    def _advise(self, skipped: object) -> None:
        """Now and then, tell the operator why there is nothing to do."""
        now = time.monotonic()
        if isinstance(skipped, dict) and now - self._advised_at > ADVICE_EVERY_S:
            counts = {name: count for name, count in skipped.items() if isinstance(count, int) and count > 0}
            if counts:
                self._advised_at = now
                log.info("worker.idle", requests_not_for_us=counts)

    # ---------------------------------------------------------------- making

    async def _make(self) -> None:
        while (job := await self._held.get()) is not None:
            if self._is_leaving:
                await self._fault(job.ids, "the worker is leaving")
                continue
            began = time.monotonic()
            self._making = asyncio.ensure_future(self._backend.generate(job, lambda place, done, steps: None))
            try:
                results = await self._making
                if len(results) != len(job.ids):
                    raise BackendFailure(f"{len(results)} pictures for {len(job.ids)} jobs")
            except asyncio.CancelledError:
                if not self._is_leaving:
                    raise
                await self._fault(job.ids, "the worker is leaving")
                continue
            except Exception as error:  # whatever a backend does wrong must not end the worker
                self._failures_in_a_row += 1
                log.error("worker.job_failed", reason=str(error), kind=type(error).__name__)
                await self._fault(job.ids, str(error))
                continue
            finally:
                self._making = None
                self._idle_since = time.monotonic()
            self._failures_in_a_row = 0
            await self._deliver(job, results, time.monotonic() - began)

    async def _deliver(self, job: ImageJob, results: Sequence[ImageResult], seconds: float) -> None:
        for place, (job_id, result) in enumerate(zip(job.ids, results, strict=True)):
            webp = await asyncio.to_thread(encode_webp, result.image)
            remarks = [*result.remarks, *self._alias_remarks(job.model)]
            if len(job.ids) > 1:
                remarks.append(Remark("batch_index", "see_ref", str(place)))
            generation = "R2"
            if not job.upload_urls or not await self._api.upload(job.upload_urls[place], webp):
                generation = base64.b64encode(webp).decode()
            try:
                reward = await self._api.submit(job_id, generation, result.seed, remarks)
            except (Refused, Unreachable) as error:
                log.warning("worker.not_delivered", job=job_id, reason=str(error))
                continue
            self.jobs_done += 1
            self.kudos_earned += reward
            log.info(
                "worker.delivered",
                model=job.model,
                size=f"{job.width}x{job.height}",
                steps=job.steps,
                seconds=round(seconds / len(job.ids), 1),
                kudos=reward,
            )

    def _alias_remarks(self, model: str) -> list[Remark]:
        own = self._backend.abilities.models
        return [] if model in own else [Remark("information", "see_ref", f"served by {own[0]} as {model}")]

    async def _fault(self, ids: Sequence[str], reason: str) -> None:
        """Give jobs back at once, so that another worker can have them."""
        for job_id in ids:
            try:
                await self._api.submit(
                    job_id, "faulted", -1, [Remark("information", "see_ref", reason[:255])], state="faulted"
                )
            except (Refused, Unreachable) as error:
                log.warning("worker.fault_not_delivered", job=job_id, reason=str(error))


def encode_webp(image: Image.Image) -> bytes:
    """WebP at quality 95, with the alpha channel where there is one."""
    target = io.BytesIO()
    mode = "RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB"
    image.convert(mode).save(target, "WEBP", quality=95, method=4)
    return target.getvalue()
