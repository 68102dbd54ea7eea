"""Connections are lent and taken back as the library does it, in fewer steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from horde_server.database.pool import Connection, DatabaseAway, Pool, open_pool

LIMIT_S = 10.0


@pytest_asyncio.fixture
async def small(database_dsn: str) -> AsyncIterator[Pool]:
    """Of two connections at most, both there."""
    pool = await open_pool(database_dsn, size=2)
    await pool.wait()
    yield pool
    await pool.close()


async def one(conn: Connection) -> object:
    return (await (await conn.execute("SELECT 1")).fetchone() or (None,))[0]


async def test_the_one_returned_last_is_lent_first(small: Pool) -> None:
    """Its caches are warm."""
    async with small.connection() as first, small.connection() as second:
        assert first is not second
    for _ in range(3):
        async with small.connection() as conn:
            assert conn is first  # it came back after the other


async def test_who_comes_when_all_are_lent_waits_for_one(small: Pool) -> None:
    async def ask() -> object:
        async with small.connection() as conn:
            return await one(conn)

    async with small.connection(), small.connection():
        asking = [asyncio.create_task(ask()) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert small.get_stats()["requests_waiting"] == 5
    async with asyncio.timeout(LIMIT_S):
        assert await asyncio.gather(*asking) == [1] * 5


async def test_a_broken_one_is_lent_to_nobody(small: Pool) -> None:
    async with small.connection() as broken:
        await broken.close()
    async with asyncio.timeout(LIMIT_S):
        for _ in range(4):
            async with small.connection() as first, small.connection() as second:
                assert broken not in (first, second)
                assert (await one(first), await one(second)) == (1, 1)


async def test_what_a_borrower_leaves_open_is_rolled_back(small: Pool) -> None:
    async with small.connection() as conn:
        await conn.execute("CREATE TABLE kept (number int)")
        await conn.execute("BEGIN")
        await conn.execute("INSERT INTO kept VALUES (1)")
    async with small.connection() as conn:
        assert await (await conn.execute("SELECT number FROM kept")).fetchall() == []
        assert conn.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE


async def test_of_a_drained_pool_none_is_kept(small: Pool) -> None:
    """As when the database went away."""
    async with small.connection() as old:
        await small.drain()
    assert old.closed
    async with asyncio.timeout(LIMIT_S), small.connection() as conn:
        assert conn is not old


async def test_none_is_lent_while_the_database_is_away(small: Pool) -> None:
    await small.declare_away()
    with pytest.raises(DatabaseAway):
        async with small.connection():
            pytest.fail("there is none")
    small.declare_back()
    async with asyncio.timeout(LIMIT_S), small.connection() as conn:
        assert await one(conn) == 1


async def test_a_closed_pool_lends_none(database_dsn: str) -> None:
    pool = await open_pool(database_dsn, size=2)
    async with pool.connection() as conn:
        await pool.close()
    assert conn.closed
    with pytest.raises(psycopg.OperationalError):
        async with pool.connection():
            pytest.fail("there is none")


async def test_those_in_use_are_not_closed_as_idle(small: Pool) -> None:
    """The library closes as many as were never needed since it looked last."""
    small._nconns_min = 2
    async with small.connection():
        pass
    assert small._nconns_min == 1
