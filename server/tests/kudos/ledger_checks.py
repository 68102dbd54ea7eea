"""What every ledger must satisfy, and builders for ledger tests."""

from __future__ import annotations

from uuid import UUID, uuid4

from horde_server.database.pool import Connection, Pool
from horde_server.kudos.fold import fold


async def add_account(conn: Connection, name: str = "ada", *, kind: str = "registered", age_days: int = 0) -> int:
    """A new account; its number."""
    cursor = await conn.execute(
        "INSERT INTO account (username, kind, created_at)"
        " VALUES (%s, %s, now() - make_interval(days => %s)) RETURNING id",
        (name, kind, age_days),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def add_worker(conn: Connection, account_id: int) -> UUID:
    """A new worker of an account."""
    worker_id = uuid4()
    await conn.execute(
        "INSERT INTO worker (id, name, kind, account_id, abilities) VALUES (%s, %s, 'image', %s, '{}')",
        (worker_id, f"worker {worker_id}", account_id),
    )
    return worker_id


async def fold_all(pool: Pool, *, trust_threshold: int | None = None, batch: int = 5000) -> None:
    """Fold until the inbox is empty."""
    while True:
        folded = await fold(pool, trust_threshold=trust_threshold, batch=batch)
        assert folded is not None, "nobody else folds in this test"
        async with pool.connection() as conn:
            cursor = await conn.execute("SELECT count(*) FROM ledger_inbox")
            row = await cursor.fetchone()
        if row is not None and row[0] == 0:
            return


async def balances(conn: Connection) -> dict[int, int]:
    """Folded balances by ledger account, in hundredths."""
    cursor = await conn.execute("SELECT ledger_account, balance_hundredths FROM ledger_balance")
    return dict(await cursor.fetchall())


async def check_books(conn: Connection) -> None:
    """Balances sum to zero, and are exactly what the folded history says."""
    known = await balances(conn)
    assert sum(known.values()) == 0
    cursor = await conn.execute(
        """SELECT ledger_account, sum(change)::bigint FROM (
               SELECT payee AS ledger_account, amount_hundredths AS change FROM ledger_entry
               UNION ALL SELECT payer, -amount_hundredths FROM ledger_entry) AS legs
           GROUP BY ledger_account"""
    )
    assert known == dict(await cursor.fetchall())
    cursor = await conn.execute("SELECT count(*), count(DISTINCT id) FROM ledger")
    assert len(set(await cursor.fetchone() or ())) == 1, "an entry is in the inbox and in the history"
