"""Looking for due tasks costs the same however many wait for their time."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg

WAITING = 20_000


async def look_plan(conn: psycopg.AsyncConnection[Any]) -> dict[str, Any]:
    """How PostgreSQL runs the look: the query inside procrastinate's own function."""
    cursor = await conn.execute("SELECT prosrc FROM pg_proc WHERE proname = 'procrastinate_fetch_job_v2'")
    row = await cursor.fetchone()
    assert row is not None
    found = re.search(r"WITH candidate AS \((.*)\)\s*UPDATE", row[0], re.DOTALL)
    assert found is not None, "procrastinate's look is written differently now"
    look = found[1].replace("target_queue_names", "ARRAY['webhooks.deliver']")
    cursor = await conn.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {look}".encode())
    row = await cursor.fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    top: dict[str, Any] = plan[0]["Plan"]
    return top


def rows_read(plan: dict[str, Any]) -> int:
    """By all parts of a plan, those that a filter threw away included."""
    own = sum(int(plan.get(name, 0)) for name in ("Actual Rows", "Rows Removed by Filter"))
    return own + sum(map(rows_read, plan.get("Plans", [])))


async def test_the_look_for_due_tasks_reads_none_of_those_that_wait_for_their_time(database_dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
        await conn.execute("SET session_replication_role = replica")  # nobody need be told of each
        await conn.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, scheduled_at)
               SELECT 'webhooks.deliver', 'webhooks.deliver', 0, '{}',
                      CASE WHEN number < %(waiting)s THEN now() + interval '1 hour' + number * interval '1 second' END
               FROM generate_series(1, %(waiting)s) AS number""",
            {"waiting": WAITING},
        )
        await conn.execute("ANALYZE procrastinate_jobs")
        plan = await look_plan(conn)
    assert plan["Actual Rows"] == 1, plan
    assert rows_read(plan) < 100, plan
