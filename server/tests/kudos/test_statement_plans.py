"""A page of a statement costs what it tells, however long the history is (kudos.md §10.6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest
from ledger_checks import add_account

from horde_server.kudos import statement_store
from horde_server.kudos.ledger import escrow, spendable

pytestmark = pytest.mark.asyncio
OWN, OTHERS, PAGE = 20_000, 50_000, 50


def rows_read(plan: dict[str, Any]) -> int:
    """Of the history, by all parts of a plan, those that a filter threw away included."""
    own = 0
    if plan.get("Relation Name") == "ledger_entry":
        per_loop = sum(int(plan.get(name, 0)) for name in ("Actual Rows", "Rows Removed by Filter"))
        own = per_loop * int(plan["Actual Loops"])
    return own + sum(map(rows_read, plan.get("Plans", [])))


@pytest.mark.parametrize("before_days", [0, 30])
async def test_a_page_reads_what_it_tells_and_little_more(database_dsn: str, before_days: int) -> None:
    """The first page and one from the midst, of 20,000 own movements, half of them paid, and 50,000 of others."""
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
        ada = await add_account(conn)
        await conn.execute(
            """INSERT INTO ledger_entry (id, created_at, event_id, kind, payer, payee, amount_hundredths)
               SELECT n, now() - n * interval '3 minutes', gen_random_uuid(), 'transfer',
                      CASE WHEN n %% 2 = 0 THEN %(ada)s ELSE 1000 + n END,
                      CASE WHEN n %% 2 = 0 THEN 1000 + n ELSE %(ada)s END, 1
               FROM generate_series(1, %(own)s) AS n
               UNION ALL
               SELECT %(own)s + n, now() - n * interval '1 minute', gen_random_uuid(), 'job_tax', 1000 + n %% 700, -2, 1
               FROM generate_series(1, %(others)s) AS n""",
            {"ada": spendable(ada), "own": OWN, "others": OTHERS},
        )
        await conn.execute("ANALYZE ledger_entry")
        before = (
            await (await conn.execute(f"SELECT now() - interval '{before_days} days'".encode())).fetchone() or ()
        )[0]
        parameters = {
            "account_id": ada, "balance": spendable(ada), "escrow": escrow(ada), "before": before,
            "before_event": UUID(int=0), "before_line": "", "since": "-infinity", "until": "infinity", "lines": PAGE,
            "movements": 4 * PAGE,
        }  # fmt: skip
        async with conn.transaction():
            await statement_store.begin_snapshot(conn)
            cursor = await conn.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement_store._LINES}".encode(), parameters)
            row = await cursor.fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    assert plan["Actual Rows"] == PAGE, plan
    assert rows_read(plan) <= 2 * 4 * PAGE, plan
