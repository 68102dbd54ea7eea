"""Durable tasks: part of the caller's transaction, run at least once whatever dies, tried again with growing waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from procrastinate.manager import JobManager

from horde_server.database.pool import Pool
from horde_server.tasks import store
from horde_server.tasks.kind import Backoff, GiveUp, NoArgs, TaskKind, TryLater
from horde_server.tasks.queue import TaskLimits, TaskQueue
from horde_server.webhooks.announcing import Announcer, News
from horde_server.webhooks.hook import Announcement

LIMIT_S = 15.0


class Note(msgspec.Struct):
    """Arguments of the tests' task."""

    text: str
    number: int = 0


NOTE = TaskKind("tests.note", Note, Backoff(attempts=4, first_s=0.001), time_limit_s=30.0)


class Seen:
    """What was done, and a way to wait for it."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._news = asyncio.Condition()

    async def note(self, args: Note) -> None:
        async with self._news:
            self.notes.append(args.text)
            self._news.notify_all()

    async def until(self, is_reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S), self._news:
            await self._news.wait_for(is_reached)


def a_queue(pool: Pool, work: Callable[[Note], Awaitable[None]], *, concurrency: int = 4) -> TaskQueue:
    queue = TaskQueue(pool, TaskLimits(concurrency=concurrency, poll_interval_s=0.01))
    queue.add(NOTE, work)
    return queue


@asynccontextmanager
async def running(queue: TaskQueue) -> AsyncIterator[None]:
    """Ends as a node does: by a cancellation."""
    task = asyncio.create_task(queue.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=LIMIT_S)
        assert task.cancelled()


async def rows(pool: Pool, query: str) -> list[tuple[Any, ...]]:
    async with pool.connection() as conn:
        return await (await conn.execute(query.encode())).fetchall()


async def jobs(pool: Pool) -> list[tuple[Any, ...]]:
    """(state, attempts) of every task there is."""
    return await rows(pool, "SELECT status::text, attempts FROM procrastinate_jobs ORDER BY id")


async def until_jobs_are(pool: Pool, wanted: list[tuple[Any, ...]]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while await jobs(pool) != wanted:
            await asyncio.sleep(0.005)


async def defer(pool: Pool, queue: TaskQueue, *notes: Note) -> None:
    async with pool.connection() as conn:
        await queue.defer(conn, NOTE, *notes)


async def test_a_task_is_done_and_leaves_nothing(pool: Pool) -> None:
    seen = Seen()
    queue = a_queue(pool, seen.note)
    async with running(queue):
        await defer(pool, queue, Note("one"), Note("two"))
        await seen.until(lambda: sorted(seen.notes) == ["one", "two"])
        await until_jobs_are(pool, [])


async def test_a_task_starts_without_waiting_for_the_next_poll(pool: Pool) -> None:
    seen = Seen()
    queue = TaskQueue(pool, TaskLimits(poll_interval_s=3600.0))
    queue.add(NOTE, seen.note)
    async with running(queue):
        async with asyncio.timeout(LIMIT_S):
            while not await rows(pool, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%tests.note%'"):
                await asyncio.sleep(0.005)
        await defer(pool, queue, Note("one"))
        await seen.until(lambda: seen.notes == ["one"])


async def test_a_task_of_a_transaction_that_is_rolled_back_never_was(pool: Pool) -> None:
    queue = a_queue(pool, Seen().note)
    async with pool.connection() as conn, conn.transaction(force_rollback=True):
        await queue.defer(conn, NOTE, Note("one"))
    assert await jobs(pool) == []


async def test_a_task_is_not_seen_before_its_transaction_is_committed(pool: Pool) -> None:
    seen = Seen()
    queue = a_queue(pool, seen.note)
    async with running(queue), pool.connection() as conn:
        async with conn.transaction():
            await queue.defer(conn, NOTE, Note("first"))
            await defer(pool, queue, Note("second"))
            await seen.until(lambda: bool(seen.notes))
            assert seen.notes == ["second"]
        await seen.until(lambda: seen.notes == ["second", "first"])


async def test_a_task_that_fails_is_tried_again_until_it_succeeds(pool: Pool) -> None:
    seen = Seen()

    async def work(args: Note) -> None:
        await seen.note(args)
        if len(seen.notes) < 3:
            raise TryLater("not yet")

    queue = a_queue(pool, work)
    async with running(queue):
        await defer(pool, queue, Note("one"))
        await seen.until(lambda: seen.notes == ["one"] * 3)
        await until_jobs_are(pool, [])


async def test_a_task_is_given_up_after_its_attempts_and_can_be_looked_at(pool: Pool) -> None:
    seen = Seen()

    async def work(args: Note) -> None:
        await seen.note(args)
        raise ZeroDivisionError

    queue = a_queue(pool, work)
    async with running(queue):
        await defer(pool, queue, Note("one"))
        await until_jobs_are(pool, [("failed", NOTE.backoff.attempts)])
    assert seen.notes == ["one"] * NOTE.backoff.attempts


async def test_a_task_that_says_so_is_given_up_at_once(pool: Pool) -> None:
    async def work(args: Note) -> None:
        raise GiveUp("nobody there")

    queue = a_queue(pool, work)
    async with running(queue):
        await defer(pool, queue, Note("one"))
        await until_jobs_are(pool, [("failed", 1)])


async def test_arguments_that_do_not_fit_are_given_up(pool: Pool) -> None:
    queue = a_queue(pool, Seen().note)
    await defer(pool, queue, Note("one"))
    await rows(pool, "UPDATE procrastinate_jobs SET args = '{\"text\": 1}' RETURNING 1")
    async with running(queue):
        await until_jobs_are(pool, [("failed", 1)])


async def test_no_more_run_at_a_time_than_allowed(pool: Pool) -> None:
    go_on, most, now = asyncio.Event(), 0, 0
    seen = Seen()

    async def work(args: Note) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await seen.note(args)
        await go_on.wait()
        now -= 1

    queue = a_queue(pool, work, concurrency=2)
    async with running(queue):
        await defer(pool, queue, *(Note(str(number)) for number in range(7)))
        await seen.until(lambda: len(seen.notes) == 2)
        go_on.set()
        await until_jobs_are(pool, [])
    assert (most, len(seen.notes)) == (2, 7)


async def test_a_task_that_takes_too_long_is_cut_off_and_tried_again(pool: Pool) -> None:
    kind = TaskKind("tests.slow", Note, Backoff(attempts=2, first_s=0.001), time_limit_s=0.01)
    queue = TaskQueue(pool, TaskLimits(poll_interval_s=0.01))

    async def work(args: Note) -> None:
        await asyncio.Event().wait()

    queue.add(kind, work)
    async with running(queue):
        async with pool.connection() as conn:
            await queue.defer(conn, kind, Note("one"))
        await until_jobs_are(pool, [("failed", 2)])


async def test_a_stop_lets_go_of_what_runs_and_another_node_does_it(pool: Pool) -> None:
    seen = Seen()

    async def stuck(args: Note) -> None:
        await seen.note(args)
        await asyncio.Event().wait()

    first = a_queue(pool, stuck)
    async with running(first):
        await defer(pool, first, Note("one"))
        await seen.until(lambda: seen.notes == ["one"])
    async with running(a_queue(pool, seen.note)):
        await seen.until(lambda: seen.notes == ["one", "one"])
        await until_jobs_are(pool, [])
    assert await rows(pool, "SELECT 1 FROM procrastinate_workers") == []


async def test_a_task_of_a_node_that_fell_silent_is_done_by_another(pool: Pool) -> None:
    seen = Seen()
    queue = a_queue(pool, seen.note)
    await defer(pool, queue, Note("one"))
    await rows(pool, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '29 s') RETURNING 1")
    taken = "status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
    await rows(pool, f"UPDATE procrastinate_jobs SET {taken} RETURNING 1")
    await queue.rescue()
    assert await jobs(pool) == [("doing", 0)]  # it may still live
    await rows(pool, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s' RETURNING 1")
    await queue.rescue()
    assert await jobs(pool) == [("todo", 1)]
    async with running(queue):
        await seen.until(lambda: seen.notes == ["one"])


async def test_a_task_that_takes_down_its_node_each_time_is_given_up(pool: Pool) -> None:
    seen = Seen()
    queue = a_queue(pool, seen.note)
    await defer(pool, queue, Note("one"))
    await rows(pool, f"UPDATE procrastinate_jobs SET attempts = {NOTE.backoff.attempts} RETURNING 1")
    async with running(queue):
        await until_jobs_are(pool, [("failed", NOTE.backoff.attempts + 1)])
    assert seen.notes == []


async def test_a_kind_that_this_node_does_not_know_is_left_to_others(pool: Pool) -> None:
    seen = Seen()
    queue = a_queue(pool, seen.note)
    newer = TaskKind("tests.newer", NoArgs, Backoff(attempts=2))
    async with pool.connection() as conn:
        await queue.defer(conn, newer, NoArgs())
    async with running(queue):
        await defer(pool, queue, Note("one"))
        await seen.until(lambda: seen.notes == ["one"])
        await until_jobs_are(pool, [("todo", 0)])


async def test_it_goes_on_after_its_connections_were_cut(pool: Pool, database_dsn: str) -> None:
    seen = Seen()
    queue = a_queue(pool, seen.note)
    async with running(queue):
        await defer(pool, queue, Note("one"))
        await seen.until(lambda: seen.notes == ["one"])
        async with await pool.connection_class.connect(database_dsn, autocommit=True) as conn:
            await conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await queue.defer(conn, NOTE, Note("two"))
        await seen.until(lambda: "two" in seen.notes)


async def test_it_goes_on_after_a_mistake_in_the_library(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end its node, and requests would be served no more."""
    seen = Seen()
    queue = a_queue(pool, seen.note)
    fetch = JobManager.fetch_job
    failures = iter([AssertionError("of the library's own")])

    async def fetch_job(manager: JobManager, *args: Any, **more: Any) -> Any:
        for failure in failures:
            raise failure
        return await fetch(manager, *args, **more)

    monkeypatch.setattr(JobManager, "fetch_job", fetch_job)
    async with running(queue):
        await defer(pool, queue, Note("one"))
        await seen.until(lambda: seen.notes == ["one"])


async def test_what_webhooks_wait_for_holds_up_nothing_else(pool: Pool) -> None:
    """They are deferred with a lower priority: old ones that are tried again would come first without."""
    seen = Seen()
    queue = a_queue(pool, seen.note, concurrency=1)
    await defer(pool, queue, Note("a webhook"), Note("another"))
    await rows(pool, "UPDATE procrastinate_jobs SET priority = 0 RETURNING 1")
    await defer(pool, queue, Note("a deletion"))
    async with running(queue):
        await seen.until(lambda: len(seen.notes) == 3)
    assert seen.notes == ["a deletion", "a webhook", "another"]
    async with pool.connection() as conn, conn.transaction(force_rollback=True):
        await Announcer(queue).announce(conn, [News(0, '{"url": "https://example.org"}', Announcement({}))])
        assert await (await conn.execute("SELECT priority FROM procrastinate_jobs")).fetchall() == [(0,)]


async def test_what_was_given_up_is_deleted_after_a_while(pool: Pool) -> None:
    queue = a_queue(pool, Seen().note)
    await defer(pool, queue, Note("old"), Note("new"), Note("waiting"))
    await rows(pool, "UPDATE procrastinate_jobs SET status = 'failed' WHERE args->>'text' <> 'waiting' RETURNING 1")
    await rows(
        pool,
        "UPDATE procrastinate_events SET at = now() - interval '8 days' WHERE job_id IN"
        " (SELECT id FROM procrastinate_jobs WHERE args->>'text' <> 'new') RETURNING 1",
    )
    async with pool.connection() as conn:
        assert await store.forget(conn, older_than_s=7 * 86400.0) == 1
    assert await rows(pool, "SELECT args->>'text' FROM procrastinate_jobs ORDER BY id") == [("new",), ("waiting",)]


async def test_a_periodic_task_is_done_once_by_all_nodes_together(pool: Pool) -> None:
    seen = Seen()
    daily = TaskKind("tests.daily", NoArgs, Backoff(attempts=2))
    just_now = datetime.now(UTC)
    cron = f"{just_now.minute} {just_now.hour} * * *"  # its time has come this very minute

    async def work() -> None:
        await seen.note(Note("done"))

    nodes = [TaskQueue(pool, TaskLimits(poll_interval_s=0.01)) for _ in range(3)]
    for node in nodes:
        node.every(cron, daily, work)
    async with running(nodes[0]), running(nodes[1]), running(nodes[2]):
        await seen.until(lambda: bool(seen.notes))
        await until_jobs_are(pool, [])
    assert seen.notes == ["done"]


def test_waits_double_up_to_a_cap() -> None:
    backoff = Backoff(attempts=9, first_s=10.0, cap_s=100.0)
    for failures, wait_s in enumerate([10, 20, 40, 80, 100, 100], start=1):
        assert backoff.wait_s(failures) == pytest.approx(wait_s, rel=0.11)
    assert backoff.total_s == 10 + 20 + 40 + 80 + 4 * 100
    assert backoff.wait_s(100_000) == pytest.approx(100, rel=0.11)


def test_a_name_that_no_channel_can_have_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        TaskKind("x" * 41, NoArgs, Backoff(attempts=1))
