"""A horde that was there before there were statistics keeps what it did, and can be proven (statistics.md §3.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from horde_server.database.migrations import migrate, read_migrations
from horde_server.database.pool import Connection
from horde_server.kudos.proof import prove
from horde_server.statistics.store import Work, windows

pytestmark = pytest.mark.asyncio
STATISTICS = 23


@pytest_asyncio.fixture
async def conn(database_dsn: str) -> AsyncIterator[Connection]:
    """A connection to a database of the release before."""
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as opened:
        await opened.execute("DROP SCHEMA public CASCADE")
        await opened.execute("CREATE SCHEMA public")
        await migrate(opened, [step for step in read_migrations() if step.version < STATISTICS])
        yield opened


async def test_what_was_done_before_is_counted_once(conn: Connection) -> None:
    """With the release before folding on in the middle of the update: its rows are counted for the proof."""
    add = """
        INSERT INTO ledger_entry (id, created_at, event_id, kind, payer, payee, amount_hundredths, domain, things)
        SELECT %s + n, now() - n * interval '20 days', gen_random_uuid(), 'job_tax', 0, -2, 100, 'image', 7
        FROM generate_series(0, 3) AS n"""
    await conn.execute(add, (1,))
    await conn.execute("INSERT INTO ledger_balance VALUES (0, -800), (-2, 800)")
    await conn.execute("INSERT INTO kudos_bucket VALUES (0, 'accumulated', -800)")
    assert await migrate(conn) == len([step for step in read_migrations() if step.version >= STATISTICS])
    assert await windows(conn, "image") == {
        "minute": Work(0, 0.0), "hour": Work(0, 0.0), "day": Work(0, 0.0), "month": Work(2, 14.0),
        "total": Work(4, 28.0),
    }  # fmt: skip
    await conn.execute(add, (11,))
    cursor = await conn.execute("SELECT count(*), sum(movements), sum(amount_hundredths) FROM ledger_day")
    assert await cursor.fetchone() == (4, 8, 800)
    assert [found.wrong async for found in prove(conn) if found.wrong is not None] == []
