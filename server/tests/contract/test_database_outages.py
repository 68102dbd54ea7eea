"""A horde whose PostgreSQL stops answering, dies, or keeps it waiting: told at once, forgotten at once.

Each test has a PostgreSQL of its own, which is really stopped (SIGSTOP to all its processes) and really killed. Bounds
of time are told by order: an answer comes while the database is still stopped, or it never came.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
import structlog
from horde_processes import descendants
from hordes import Horde, StartHorde

from horde_server.database.embedded import EmbeddedPostgres
from horde_server.database.limits import SessionLimits
from horde_server.database.pool import DatabaseAway, Pool, open_pool
from horde_server.database.watch import DatabaseWatch

LIMIT_S = 60.0  # a test that waits so long has failed


@pytest_asyncio.fixture
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="horde-tests-"))  # readable for the user it runs as
    try:
        async with EmbeddedPostgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stopped(server: EmbeddedPostgres) -> Iterator[None]:
    """For the time of a block none of its processes moves, and no connection is closed."""
    postmaster = server.pid
    os.kill(postmaster, signal.SIGSTOP)  # first: it makes no more
    family = descendants(postmaster)
    try:
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in [*family, postmaster]:
            os.kill(pid, signal.SIGCONT)


async def until_down(horde: Horde) -> None:
    async def is_down() -> bool:
        return (await horde.client.get("/api/v2/status/heartbeat")).json()["message"] == "DOWN"

    await horde.until(is_down, "the horde knows that its database is away")


async def until_ready(horde: Horde) -> None:
    async def is_ready() -> bool:
        return (await horde.client.get("/readyz")).status_code == 200

    await horde.until(is_ready, "the horde is ready")


class TestAStoppedDatabase:
    """It accepts and answers nothing, and closes nothing."""

    @pytest.fixture
    def database_dsn(self, postgres: EmbeddedPostgres) -> str:
        """Servers of these tests run on the database that is stopped."""
        return postgres.dsn

    async def test_whoever_waits_is_told_while_it_is_still_stopped(
        self, postgres: EmbeddedPostgres, start_horde: StartHorde
    ) -> None:
        horde = await start_horde(database_silence_s=1)
        request_id = await horde.request()
        with stopped(postgres):
            async with asyncio.timeout(LIMIT_S):
                answers = await asyncio.gather(*(horde.ask() for _ in range(12)))  # the pool has 4 connections
            assert {answer.status_code for answer in answers} == {503}
            assert {answer.headers["retry-after"] for answer in answers} == {"1"}
            assert answers[0].json()["message"].startswith("The database is not available")
        await until_ready(horde)
        assert (await horde.ask()).status_code == 202
        assert (await horde.status(request_id))["waiting"] == 1

    async def test_what_is_in_memory_goes_on(self, postgres: EmbeddedPostgres, start_horde: StartHorde) -> None:
        horde = await start_horde(database_silence_s=1)
        request_id = await horde.request()
        with stopped(postgres):
            async with asyncio.timeout(LIMIT_S):
                assert (await horde.ask()).status_code == 503
                assert (await horde.check(request_id))["waiting"] == 1
                beat = (await horde.client.get("/api/v2/status/heartbeat")).json()
                assert (beat["message"], beat["db_connection"], beat["queue"]) == ("DOWN", False, 1)
                ready = await horde.client.get("/readyz")
                assert (ready.status_code, ready.json()["message"]) == (503, "The database does not answer.")
        await until_ready(horde)
        assert (await horde.client.get("/api/v2/status/heartbeat")).json()["message"] == "OK"

    async def test_it_is_told_once_when_it_goes_and_once_when_it_is_back(self, postgres: EmbeddedPostgres) -> None:
        pool = await open_pool(postgres.dsn, size=2)
        watch = DatabaseWatch(pool, silence_s=1, interval_s=0.01)
        with structlog.testing.capture_logs() as events:
            async with asyncio.timeout(LIMIT_S):
                running = asyncio.create_task(watch.run())
                for _ in range(2):
                    with stopped(postgres):
                        while not pool.is_away:
                            await asyncio.sleep(0.01)
                        with pytest.raises(DatabaseAway):
                            async with pool.connection():
                                pass
                    while pool.is_away:
                        await asyncio.sleep(0.01)
                running.cancel()
                await asyncio.wait((running,))
                await pool.close()
        assert [event["event"] for event in events] == 2 * ["database.away", "database.back"]
        assert events[0]["reason"] == "it does not answer"


class TestADatabaseThatDies:
    """It closes what is open, and refuses what is new."""

    @pytest.fixture
    def database_dsn(self, postgres: EmbeddedPostgres) -> str:
        """Servers of these tests run on the database that dies."""
        return postgres.dsn

    async def test_requests_are_served_by_the_first_connection_after_it(
        self, postgres: EmbeddedPostgres, start_horde: StartHorde
    ) -> None:
        horde = await start_horde()
        for _ in range(2):
            with unsupervised(postgres):
                os.kill(postgres.pid, signal.SIGKILL)
                await until_down(horde)
                async with asyncio.timeout(LIMIT_S):
                    answers = await asyncio.gather(*(horde.ask() for _ in range(12)))
                assert {answer.status_code for answer in answers} == {503}
            await until_ready(horde)
            assert (await horde.ask()).status_code == 202

    async def test_nothing_connects_in_vain_and_everything_at_once_when_it_is_back(
        self, postgres: EmbeddedPostgres
    ) -> None:
        pool = await open_pool(postgres.dsn, size=4)
        watch = asyncio.create_task(DatabaseWatch(pool, silence_s=1, interval_s=0.01).run())
        try:
            async with asyncio.timeout(LIMIT_S):
                with unsupervised(postgres):
                    os.kill(postgres.pid, signal.SIGKILL)
                    while not pool.is_away:
                        await asyncio.sleep(0.01)
                    for _ in range(100):  # a second: the library's first wait
                        with pytest.raises(DatabaseAway):
                            async with pool.connection():
                                pass
                        await asyncio.sleep(0.01)
                    attempts = pool.get_stats()["connections_num"]
                    for _ in range(100):
                        await asyncio.sleep(0.01)
                    assert pool.get_stats()["connections_num"] == attempts
                while pool.is_away:
                    await asyncio.sleep(0.01)
                async with pool.connection() as first, pool.connection() as second:  # as many as at its start
                    for conn in (first, second):
                        assert await (await conn.execute("SELECT 1")).fetchone() == (1,)
        finally:
            watch.cancel()
            await asyncio.wait((watch,))
            await pool.close()


@contextmanager
def unsupervised(server: EmbeddedPostgres) -> Iterator[None]:
    """For the time of a block it is not started again, as if the machine it runs on were down."""
    launch = server._launch
    waiting = server._wait_ready

    def refuse() -> None:
        raise OSError("the machine is down")

    async def never() -> None:
        raise OSError("the machine is down")

    server._launch, server._wait_ready = refuse, never  # type: ignore[method-assign]
    try:
        yield
    finally:
        server._launch, server._wait_ready = launch, waiting  # type: ignore[method-assign]


class TestLimitsOfASession:
    """No statement, lock or transaction may hold a connection for ever."""

    async def test_they_hold_for_every_connection_of_the_pool(self, database_dsn: str) -> None:
        pool = await open_pool(database_dsn, size=2, limits=SessionLimits(7, 1.5, 9))
        try:
            async with pool.connection() as first, pool.connection() as second:
                for conn in (first, second):
                    for name, limit in (
                        ("statement_timeout", "7s"),
                        ("lock_timeout", "1500ms"),
                        ("idle_in_transaction_session_timeout", "9s"),
                    ):
                        assert await (await conn.execute(f"SHOW {name}".encode())).fetchone() == (limit,)
        finally:
            await pool.close()

    async def test_a_request_that_waits_for_a_lock_is_told_while_it_is_held(
        self, database_dsn: str, start_horde: StartHorde
    ) -> None:
        horde = await start_horde(database_lock_limit_s=0.1)
        async with await psycopg.AsyncConnection.connect(database_dsn) as other:
            await other.execute("LOCK TABLE request IN ACCESS EXCLUSIVE MODE")
            async with asyncio.timeout(LIMIT_S):
                answer = await horde.ask()
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert (await horde.client.get("/readyz")).status_code == 200  # it is busy, not away
            await other.rollback()
            assert (await horde.ask()).status_code == 202

    async def test_a_transaction_in_which_nothing_happens_ends(self, database_dsn: str) -> None:
        pool = await open_pool(database_dsn, size=1, limits=SessionLimits(idle_in_transaction_s=0.05))

        async def forget_it() -> None:
            async with pool.connection() as conn, conn.transaction():
                while not conn.broken:
                    await asyncio.sleep(0.2)
                    await conn.execute("SELECT 1")

        try:
            with pytest.raises((psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)):
                await asyncio.wait_for(forget_it(), LIMIT_S)
            async with pool.connection() as conn:
                assert await (await conn.execute("SELECT 1")).fetchone() == (1,)
        finally:
            await pool.close()

    async def test_a_full_pool_is_no_outage(self, database_dsn: str) -> None:
        pool: Pool = await open_pool(database_dsn, size=2)
        watch = asyncio.create_task(DatabaseWatch(pool, silence_s=1, interval_s=0.01).run())
        try:
            async with pool.connection(), pool.connection():
                waiting = asyncio.create_task(pool.getconn(LIMIT_S))
                for _ in range(20):
                    await asyncio.sleep(0.01)
                assert not pool.is_away
                assert not waiting.done()
            await pool.putconn(await waiting)
        finally:
            watch.cancel()
            await asyncio.wait((watch,))
            await pool.close()
