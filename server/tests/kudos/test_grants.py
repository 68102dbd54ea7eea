"""Monthly kudos: each calendar month once, on any number of nodes, missed months too (kudos.md §6.4, §6.5)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledger_checks import add_account, balances, check_books, fold_all

from horde_server.database.pool import Connection, Pool, open_pool
from horde_server.kudos.grants import Grants
from horde_server.kudos.ledger import MINTED, spendable
from horde_server.kudos.ledger_store import buckets

pytestmark = pytest.mark.asyncio


async def entitle(conn: Connection, account_id: int, **columns: Any) -> None:
    """Give an account what decides on its grants."""
    for column, value in columns.items():
        await conn.execute(f"UPDATE account SET {column} = %s WHERE id = %s".encode(), (value, account_id))


async def received(conn: Connection, account_id: int) -> datetime | None:
    """When the account was last paid."""
    cursor = await conn.execute("SELECT monthly_kudos_last_received FROM account WHERE id = %s", (account_id,))
    row = await cursor.fetchone()
    assert row is not None
    found: datetime | None = row[0]
    return found.astimezone(UTC) if found else None


async def kudos_of(conn: Connection, account_id: int) -> float:
    """What an account was granted in all."""
    return (await buckets(conn, account_id)).get("recurring", 0) / 100


async def test_who_was_never_paid_is_paid_now_and_again_in_a_month(pool: Pool) -> None:
    """The moved clock: the date of the last grant is set back."""
    async with pool.connection() as conn:
        ada, mod, both, poor = [await add_account(conn, name) for name in ("ada", "mod", "both", "poor")]
        await entitle(conn, ada, monthly_kudos=500)
        await entitle(conn, mod, moderator=True)
        await entitle(conn, both, monthly_kudos=7, moderator=True)
        for _ in range(2):
            await Grants(pool).pay()
        await fold_all(pool)
        expected = {ada: 500.0, mod: 300_000.0, both: 300_007.0, poor: 0.0}
        assert {account_id: await kudos_of(conn, account_id) for account_id in expected} == expected
        assert await received(conn, poor) is None
        await conn.execute("UPDATE account SET monthly_kudos_last_received = now() - interval '1 month' + '1 minute'")
        await Grants(pool).pay()
        await fold_all(pool)
        assert await kudos_of(conn, ada) == 500.0, "a minute is missing"
        await conn.execute(
            "UPDATE account SET monthly_kudos_last_received = now() - interval '1 month' - interval '1 s'"
        )
        await Grants(pool).pay()
        await fold_all(pool)
        assert {account_id: await kudos_of(conn, account_id) for account_id in expected} == {
            account_id: 2 * kudos for account_id, kudos in expected.items()
        }
        assert (await balances(conn))[MINTED] == -100 * 2 * sum(expected.values())
        await check_books(conn)


async def test_missed_months_are_caught_up_by_the_calendar(pool: Pool) -> None:
    """From the last of January: the last of February, then the same day of each month, up to now."""
    async with pool.connection() as conn:
        ada = await add_account(conn)
        last = datetime(datetime.now(UTC).year - 1, 1, 31, 12, tzinfo=UTC)
        await entitle(conn, ada, monthly_kudos=10, monthly_kudos_last_received=last)
        await Grants(pool).pay()
        await fold_all(pool)
        day = 29 if last.year % 4 == 0 else 28
        months, at = 0, datetime(last.year, 2, day, 12, tzinfo=UTC)
        while at < datetime.now(UTC):
            months, at = months + 1, _a_month_later(at)
        assert await kudos_of(conn, ada) == 10 * months
        assert months >= 11
        assert await received(conn, ada) == _a_month_earlier(at)


def _a_month_later(at: datetime) -> datetime:
    return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)


def _a_month_earlier(at: datetime) -> datetime:
    return at.replace(year=at.year - (at.month == 1), month=(at.month - 2) % 12 + 1)


async def test_a_month_is_paid_once_however_many_nodes_look(pool: Pool, database_dsn: str) -> None:
    """Two pools, four looks at once, a hundred accounts of which each missed three months."""
    other = await open_pool(database_dsn, size=4)
    try:
        async with pool.connection() as conn:
            await conn.execute(
                "INSERT INTO account (username, monthly_kudos, monthly_kudos_last_received)"
                " SELECT 'user', 5, now() - interval '3 months 1 hour' FROM generate_series(1, 100)"
            )
            await asyncio.gather(*(Grants(each).pay() for each in (pool, other, pool, other)))
            await fold_all(pool)
            cursor = await conn.execute("SELECT amount_hundredths FROM kudos_bucket WHERE bucket = 'recurring'")
            assert await cursor.fetchall() == [(1_500,)] * 100
            await check_books(conn)
    finally:
        await other.close()


async def test_anonymous_and_the_deleted_are_granted_nothing(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn)
        await entitle(conn, 0, monthly_kudos=5, moderator=True)
        await entitle(conn, ada, monthly_kudos=5, deleted=True)
        await Grants(pool).pay()
        await fold_all(pool)
        assert await balances(conn) == {}


async def test_who_was_entitled_to_nothing_for_a_time_is_not_paid_for_it(pool: Pool) -> None:
    async with pool.connection() as conn:
        ada = await add_account(conn)
        await entitle(conn, ada, monthly_kudos_last_received=datetime.now(UTC) - timedelta(days=200))
        await Grants(pool).pay()
        assert await received(conn, ada) is None
        await entitle(conn, ada, monthly_kudos=5)
        await Grants(pool).pay()
        await fold_all(pool)
        assert (await balances(conn))[spendable(ada)] == 2_500, "one month, and then the floor"
        assert await kudos_of(conn, ada) == 5.0
