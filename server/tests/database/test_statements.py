"""Prepared statements without a cursor: the same values, failures and limits as with one, on the same connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import IntEnum, StrEnum
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg import generators, pq
from psycopg.abc import PQGen

from horde_server.database.limits import SessionLimits
from horde_server.database.pool import Pool, open_pool
from horde_server.database.statements import Statement
from horde_server.dispatch import job_store, store

KINDS = ("bool", "float8", "int", "text", "text", "uuid")
ECHO = Statement(
    """SELECT %(bool)s::bool, %(float)s::float8, %(int)s::bigint, %(text)s::text, %(json)s::json, id
       FROM unnest(%(ids)s::uuid[]) AS id""",
    KINDS,
)
SLEEP = Statement("SELECT 1 FROM pg_sleep(%(seconds)s)", ("int",))
INSERT = Statement("INSERT INTO thing VALUES (%(n)s) RETURNING n", ("int",))
PREPARED = f"SELECT count(*) FROM pg_prepared_statements WHERE name = '{INSERT.name.decode()}'"
NOTHING: dict[str, Any] = dict.fromkeys(("bool", "float", "int", "text", "json"))
VALUES = {
    "bool": True,
    "float": 0.1 + 0.2,
    "int": -(2**63),
    "text": "a 'quoted' {text}, ü \\ \n\t",
    "json": '{"a": [1, null]}',
}


@pytest_asyncio.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Two connections to a database with a table of one number each."""
    opened = await open_pool(database_dsn, size=2, limits=SessionLimits(statement_s=0.4))
    async with opened.connection() as conn:
        await conn.execute("CREATE TABLE thing (n int PRIMARY KEY)")
    yield opened
    await opened.close()


async def is_usable(pool: Pool, conn: psycopg.AsyncConnection[Any]) -> bool:
    """Whether the connection still answers, with and without a cursor."""
    by_cursor = await (await conn.execute("SELECT 1")).fetchone()
    return by_cursor == (1,) and await SLEEP.row(conn, {"seconds": 0}) == (1,)


async def test_values_come_back_as_they_went(pool: Pool) -> None:
    ids = [uuid4(), uuid4()]
    async with pool.connection() as conn:
        assert await ECHO.rows(conn, {**VALUES, "ids": ids}) == [(*VALUES.values(), one) for one in ids]
        assert await ECHO.row(conn, {**VALUES, "ids": ids}) == (*VALUES.values(), ids[0])
        assert await ECHO.row(conn, {**NOTHING, "ids": ids}) == (*[None] * 5, ids[0])
        assert await ECHO.row(conn, {**NOTHING, "ids": []}) is None


@pytest.mark.parametrize("number", [float("inf"), 1e-300, 1764500000.123456, -0.0])
async def test_floats_keep_every_bit(pool: Pool, number: float) -> None:
    async with pool.connection() as conn:
        row = await ECHO.row(conn, {**NOTHING, "float": number, "ids": [uuid4()]})
    assert row is not None
    assert row[1].hex() == number.hex()


class Word(StrEnum):
    """A text that is one of a few."""

    ONE = "one"


class Number(IntEnum):
    """A number that is one of a few."""

    SEVEN = 7


async def test_members_of_enumerations_go_as_their_values(pool: Pool) -> None:
    async with pool.connection() as conn:
        row = await ECHO.row(conn, {**NOTHING, "int": Number.SEVEN, "text": Word.ONE, "ids": [uuid4()]})
        assert row is not None
        assert row[2:4] == (7, "one")
        with pytest.raises(TypeError, match="bytes"):
            await ECHO.row(conn, {**NOTHING, "text": b"bytes", "ids": []})


async def test_a_text_with_a_nul_is_refused_and_never_cut(pool: Pool) -> None:
    async with pool.connection() as conn:
        with pytest.raises(psycopg.DataError):
            await ECHO.row(conn, {**NOTHING, "text": "harmless\0not", "ids": [uuid4()]})
        assert await is_usable(pool, conn)


async def test_what_the_database_refuses_is_raised_as_by_a_cursor(pool: Pool) -> None:
    async with pool.connection() as conn:
        assert await INSERT.row(conn, {"n": 1}) == (1,)
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            await INSERT.row(conn, {"n": 1})
        assert refused.value.diag.constraint_name == "thing_pkey"
        assert await is_usable(pool, conn)


async def test_a_statement_that_cannot_be_prepared_says_why_each_time(pool: Pool) -> None:
    broken = Statement("SELECT nowhere FROM thing", ("int",))
    async with pool.connection() as conn:
        for _ in range(2):
            with pytest.raises(psycopg.errors.UndefinedColumn):
                await broken.rows(conn, {})
        assert await is_usable(pool, conn)


async def test_it_takes_part_in_a_transaction(pool: Pool) -> None:
    async with pool.connection() as conn:
        async with conn.transaction(force_rollback=True):
            assert await INSERT.row(conn, {"n": 7}) == (7,)
        async with conn.transaction():
            assert await INSERT.row(conn, {"n": 7}) == (7,)
        async with conn.transaction():
            with pytest.raises(psycopg.errors.UniqueViolation):
                async with conn.transaction():
                    await INSERT.row(conn, {"n": 7})
            assert await is_usable(pool, conn)


async def test_what_is_forgotten_with_a_transaction_is_prepared_anew(pool: Pool) -> None:
    """The library has the session forget all prepared statements once a transaction was rolled back."""
    async with pool.connection() as conn:
        for _ in range(4):  # until it has prepared one itself
            await conn.execute("SELECT n FROM thing")
        assert await INSERT.row(conn, {"n": 1}) == (1,)
        async with conn.transaction(force_rollback=True):
            await conn.execute("DELETE FROM thing")
        await conn.execute("SELECT n FROM thing")
        assert await (await conn.execute(PREPARED)).fetchone() == (0,)
        assert await INSERT.row(conn, {"n": 2}) == (2,)
        async with conn.transaction(force_rollback=True):
            await conn.execute("DELETE FROM thing")
            assert await INSERT.row(conn, {"n": 3}) == (3,)
        async with conn.transaction():
            await conn.execute("SELECT n FROM thing")
            assert await INSERT.row(conn, {"n": 3}) == (3,)


async def test_each_connection_prepares_it_once(pool: Pool) -> None:
    async with pool.connection() as one, pool.connection() as other:
        for number, conn in enumerate((one, other, one, other)):
            assert await INSERT.row(conn, {"n": number}) == (number,)
        for conn in (one, other):
            assert await (await conn.execute(PREPARED)).fetchone() == (1,)


async def test_who_is_cancelled_leaves_a_connection_that_works(pool: Pool) -> None:
    async with pool.connection() as conn:
        waiting = asyncio.create_task(SLEEP.row(conn, {"seconds": 60}))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await is_usable(pool, conn)


async def test_the_limit_of_statements_holds(pool: Pool) -> None:
    async with pool.connection() as conn:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await SLEEP.row(conn, {"seconds": 60})
        assert await is_usable(pool, conn)


async def test_two_on_one_connection_take_turns(pool: Pool) -> None:
    async with pool.connection() as conn:
        rows = await asyncio.gather(*(INSERT.row(conn, {"n": number}) for number in range(20)))
    assert rows == [(number,) for number in range(20)]


async def test_a_database_that_goes_away_fails_it_at_once(pool: Pool) -> None:
    """And the pool has a connection again when it is back, where the statement is prepared anew."""
    async with pool.connection() as conn:
        waiting = asyncio.create_task(SLEEP.row(conn, {"seconds": 60}))
        await asyncio.sleep(0.1)
        await pool.declare_away()
        with pytest.raises(psycopg.OperationalError) as failure:
            await waiting
        assert not isinstance(failure.value, psycopg.errors.QueryCanceled), "its own limit ended it"
    pool.declare_back()
    async with pool.connection() as conn:
        assert await is_usable(pool, conn)


READ_AS = {"bool": {16}, "float8": {701}, "int": {20, 21, 23}, "text": {25, 114, 1043}, "uuid": {2950}}
OURS = [
    pytest.param(value, id=name)
    for module in (job_store, store)
    for name, value in vars(module).items()
    if isinstance(value, Statement)
]


@pytest.mark.parametrize("statement", OURS)
async def test_ours_name_the_types_that_their_columns_have(pool: Pool, statement: Statement) -> None:
    def describe(pgconn: pq.abc.PGconn) -> PQGen[list[pq.abc.PGresult]]:
        pgconn.send_describe_prepared(statement.name)
        return (yield from generators.execute(pgconn))

    async with pool.connection() as conn:
        await statement.prepare(conn)
        [described] = await conn.wait(describe(conn.pgconn))
    types = [described.ftype(place) for place in range(described.nfields)]
    assert len(types) == len(statement.columns)
    for place, name in enumerate(statement.columns):
        assert types[place] in READ_AS[name], (described.fname(place), name)
