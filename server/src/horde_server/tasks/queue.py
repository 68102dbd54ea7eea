"""Durable tasks: deferred within the caller's own transaction, run by any node, tried again until they succeed.

A task whose transaction is rolled back never was; one that is committed is run at least once, whatever dies.
procrastinate keeps them, in our database. Each kind has a queue of its own: a node takes only what it knows, so that
in the middle of an update nothing new falls to an old node.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout

from horde_server.database.pool import Connection, Pool
from horde_server.tasks import store
from horde_server.tasks.kind import MAX_TIME_LIMIT_S, ArgsT, Backoff, GiveUp, NoArgs, TaskKind, TryLater

log = structlog.get_logger(__name__)

HEARTBEAT_INTERVAL_S = 10.0
SILENT_S = 30.0
"""A node that has not beaten for so long is dead: others do what it was doing."""
RESCUE_INTERVAL_S = 15.0
KEEP_FAILED_S = 7 * 86400.0
"""Tasks that were given up can be looked at for so long. What succeeded is deleted at once."""
_GRACE_S = 1.0  # at the stop; what takes longer is cancelled, and done anew
_STOP_WAIT_S = 3.0  # for a database that may be gone
_RESTART_S = 1.0
_FORGET = TaskKind("tasks.forget", NoArgs, Backoff(attempts=3))

DATABASE_AWAY = (psycopg.OperationalError, PoolTimeout, ConnectorException)


@dataclass(frozen=True, slots=True)
class TaskLimits:
    """How one node runs tasks: so many at a time, and looking for those whose time has come so often."""

    concurrency: int = 16
    poll_interval_s: float = 5.0


class TaskQueue:
    """Durable tasks: defers them, and does those whose kinds this node knows. Belongs to its event loop."""

    def __init__(self, pool: Pool, limits: TaskLimits) -> None:
        self._pool = pool
        self._limits = limits
        self._app = App(connector=PsycopgConnector())
        self._names: list[str] = []
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # it writes arguments; we say what happens
        self.every("17 * * * *", _FORGET, self._forget)

    def add(self, kind: TaskKind[ArgsT], work: Callable[[ArgsT], Awaitable[None]]) -> None:
        """Let this node do tasks of this kind.

        `work` raises `TryLater` or `GiveUp`; anything else is a mistake of ours, told loudly and tried again.
        """

        async def perform(context: JobContext, /, **arguments: Any) -> None:
            await _perform(kind, work, context.job, arguments)

        self._app.task(name=kind.name, queue=kind.name, pass_context=True, retry=_Retries(kind.backoff))(perform)
        self._names.append(kind.name)

    def every(self, cron: str, kind: TaskKind[NoArgs], work: Callable[[], Awaitable[None]]) -> None:
        """Have `work` done at the times of `cron` (UTC), once each however many nodes there are."""

        async def perform(context: JobContext, /, timestamp: int) -> None:
            await _perform(kind, lambda _: work(), context.job, {})

        task = self._app.task(
            name=kind.name, queue=kind.name, priority=kind.priority, pass_context=True, retry=_Retries(kind.backoff)
        )
        self._app.periodic(cron=cron)(task(perform))
        self._names.append(kind.name)

    async def defer(self, conn: Connection, kind: TaskKind[ArgsT], *each: ArgsT, delay_s: float = 0.0) -> None:
        """Have these done, soon after the caller's transaction on `conn` is committed, or never if it is not.

        One statement, however many. The transaction's commit takes turns with others that defer (a NOTIFY is in it).
        """
        if each:
            deferrer = self._app.configure_task(
                kind.name,
                queue=kind.name,
                priority=kind.priority,
                connection=conn,
                schedule_in={"seconds": delay_s} if delay_s else None,
            )
            await deferrer.batch_defer_async(*(msgspec.to_builtins(args) for args in each))

    async def run(self) -> None:
        """Do tasks until cancelled; what is being done then has a moment to end, or is done anew by any node."""
        await self._app.open_async(self._pool)
        while True:
            reason = "a part of it ended"
            try:
                await self._run_worker()
            except* DATABASE_AWAY as errors:
                reason = type(errors.exceptions[0]).__name__
            except* Exception as errors:  # a mistake of ours or of the library: loud, but requests are still served
                log.exception("tasks.failed_to_run")
                reason = type(errors.exceptions[0]).__name__
            log.warning("tasks.interrupted", reason=reason)
            await asyncio.sleep(_RESTART_S)
            while self._pool.is_away:
                await asyncio.sleep(_RESTART_S)

    async def rescue(self) -> None:
        """Let tasks of dead nodes be done anew. Any node may do so at any time."""
        async with self._pool.connection() as conn:
            rescued = await store.rescue(conn, silent_s=SILENT_S, longest_s=1.5 * MAX_TIME_LIMIT_S)
        if rescued:
            log.warning("tasks.rescued", tasks=rescued)

    async def _forget(self) -> None:
        async with self._pool.connection() as conn:
            forgotten = await store.forget(conn, older_than_s=KEEP_FAILED_S)
        log.info("tasks.forgotten", tasks=forgotten)

    async def _run_worker(self) -> None:
        worker = Worker(
            self._app,
            queues=self._names,
            concurrency=self._limits.concurrency,
            fetch_job_polling_interval=self._limits.poll_interval_s,
            shutdown_graceful_timeout=_GRACE_S,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_INTERVAL_S,
            stalled_worker_timeout=SILENT_S,
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(_run(worker), name="task-worker")
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError:
                worker.stop()  # type: ignore[no-untyped-call]
                await _ended(running, _STOP_WAIT_S)
                raise


async def _run(worker: Worker) -> None:
    await worker.run()  # type: ignore[no-untyped-call]


async def _ended(running: asyncio.Task[None], wait_s: float) -> None:
    """Wait until it has ended, whoever cancels us meanwhile, and make it end after `wait_s`."""
    until_s = time.monotonic() + wait_s
    while not running.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([running], timeout=max(0.1, until_s - time.monotonic()))
        if time.monotonic() >= until_s:
            running.cancel()


async def _perform(
    kind: TaskKind[ArgsT], work: Callable[[ArgsT], Awaitable[None]], job: Job, arguments: dict[str, Any]
) -> None:
    started_s = time.perf_counter()
    attempt = job.attempts + 1
    events = log.bind(task=kind.name, job=job.id, attempt=attempt)
    try:
        if attempt > kind.backoff.attempts:
            raise GiveUp("it took down its node too often")
        async with asyncio.timeout(kind.time_limit_s):
            await work(msgspec.convert(arguments, kind.args))
    except (GiveUp, msgspec.ValidationError) as error:
        events.error("tasks.given_up", reason=str(error))
        raise
    except Exception as error:
        is_last = attempt >= kind.backoff.attempts
        if isinstance(error, TryLater) and error.after_s is not None and not is_last:
            events.debug("tasks.postponed", reason=str(error), after_s=round(error.after_s, 1))
            raise
        report = events.error if is_last else events.warning
        is_usual = isinstance(error, (TryLater, TimeoutError, *DATABASE_AWAY))
        report(
            "tasks.given_up" if is_last else "tasks.failed",
            reason=str(error) or type(error).__name__,
            exc_info=None if is_usual else error,
        )
        raise
    events.info("tasks.done", duration_ms=round((time.perf_counter() - started_s) * 1000))


class _Retries(BaseRetryStrategy):
    """A `Backoff` as procrastinate wants it."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        now = datetime.now(UTC)
        if isinstance(exception, asyncio.CancelledError):  # this node stops: any may go on
            return RetryDecision(retry_at=now)
        failures = job.attempts + 1
        if isinstance(exception, (GiveUp, msgspec.ValidationError)) or failures >= self._backoff.attempts:
            return None
        after_s = exception.after_s if isinstance(exception, TryLater) else None
        if after_s is None:
            after_s = self._backoff.wait_s(failures)
        return RetryDecision(retry_at=now + timedelta(seconds=after_s))
