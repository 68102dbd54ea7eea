"""Comparing a node's memory with the database costs what is open, however many requests are done and still kept."""

from __future__ import annotations

from typing import Any

import psycopg

from horde_server.dispatch.store import OPEN_VERSIONS

DONE, OPEN = 20_000, 50


def rows_read(plan: dict[str, Any]) -> int:
    """By all parts of a plan, those that a filter threw away included."""
    own = sum(int(plan.get(name, 0)) for name in ("Actual Rows", "Rows Removed by Filter"))
    return own + sum(map(rows_read, plan.get("Plans", [])))


async def test_reconciling_reads_none_of_the_requests_that_are_done(database_dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
        await conn.execute(
            """INSERT INTO request (id, kind, account_id, jobs, waiting, finished, order_key, price_hundredths,
                                    consumed_hundredths, held_hundredths, payer_covered, client_agent, expires_at,
                                    request_order)
               SELECT gen_random_uuid(), 'image', 0, 1, (number <= %(open)s)::int, (number > %(open)s)::int, number, 0,
                      0, 0, true, 'test', now() + interval '1 hour', '{}'
               FROM generate_series(1, %(all)s) AS number""",
            {"open": OPEN, "all": OPEN + DONE},
        )
        await conn.execute("ANALYZE request")
        cursor = await conn.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {OPEN_VERSIONS}".encode())
        row = await cursor.fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    assert plan["Actual Rows"] == OPEN, plan
    assert rows_read(plan) <= 3 * OPEN, plan
