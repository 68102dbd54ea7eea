"""Forward-only migrations: each once, all or nothing, under one lock, and never on a database that is ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from horde_server.database.limits import SessionLimits
from horde_server.database.migrations import Migration, migrate, read_migrations, refuse_older
from horde_server.database.pool import Connection, DatabaseUnusable

FIRST = Migration(9001, "first", "CREATE TABLE first (n int)")
SECOND = Migration(9002, "second", "INSERT INTO first VALUES (1)")
BROKEN = Migration(9002, "broken", "INSERT INTO first VALUES (1); SELECT 1/0")


@pytest_asyncio.fixture
async def conn(database_dsn: str) -> AsyncIterator[Connection]:
    """A connection to a database without any table of ours."""
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as opened:
        await opened.execute("DROP SCHEMA public CASCADE")
        await opened.execute("CREATE SCHEMA public")
        yield opened


async def rows(conn: Connection, query: str) -> list[tuple[object, ...]]:
    return await (await conn.execute(query.encode())).fetchall()


def test_ours_are_numbered_without_gaps() -> None:
    versions = [migration.version for migration in read_migrations()]
    assert versions == list(range(1, len(versions) + 1))


async def test_ours_apply_to_an_empty_database_and_then_never_again(conn: Connection) -> None:
    assert await migrate(conn) == len(read_migrations())
    assert await migrate(conn) == 0


async def test_only_what_is_new_is_applied(conn: Connection) -> None:
    assert await migrate(conn, [FIRST]) == 1
    assert await migrate(conn, [FIRST, SECOND]) == 1
    assert await rows(conn, "SELECT n FROM first") == [(1,)]


async def test_a_failing_step_leaves_nothing_of_itself(conn: Connection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(conn, [FIRST, BROKEN])
    assert await rows(conn, "SELECT n FROM first") == []
    assert await rows(conn, "SELECT version FROM schema_migration") == [(9001,)]
    assert await migrate(conn, [FIRST, SECOND]) == 1


async def test_a_database_newer_than_the_program_is_refused(conn: Connection) -> None:
    await migrate(conn, [FIRST, SECOND])
    with pytest.raises(DatabaseUnusable, match="newer than this program"):
        await migrate(conn, [FIRST])


async def test_a_database_older_than_the_program_is_told_of(conn: Connection) -> None:
    """By programs that work on the database of a server that runs: they leave it as it is."""
    await migrate(conn, read_migrations()[:-1])
    with pytest.raises(DatabaseUnusable, match="older than this program"):
        await refuse_older(conn)
    await migrate(conn)
    await refuse_older(conn)


async def test_an_applied_step_that_was_edited_is_refused(conn: Connection) -> None:
    await migrate(conn, [FIRST])
    with pytest.raises(DatabaseUnusable, match="Never edit"):
        await migrate(conn, [Migration(9001, "first", "CREATE TABLE first (n bigint)")])


async def test_processes_that_start_together_apply_each_step_once(conn: Connection, database_dsn: str) -> None:
    async def one() -> int:
        async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as own:
            return await migrate(own, [FIRST, SECOND])

    assert sorted(await asyncio.gather(*(one() for _ in range(8)))) == [0] * 7 + [2]
    assert await rows(conn, "SELECT n FROM first") == [(1,)]


async def test_a_step_may_take_longer_than_what_somebody_waits_for(conn: Connection) -> None:
    await SessionLimits(statement_s=0.1, lock_s=0.1).apply(conn)
    assert await migrate(conn, [Migration(9001, "slow", "SELECT pg_sleep(0.3)")]) == 1
    assert await rows(conn, "SHOW statement_timeout") == [("100ms",)]
    assert await rows(conn, "SHOW lock_timeout") == [("100ms",)]
