"""The SQL of statistics: periods that the fold counted, never the ledger itself.

A window that rolls is the sum of periods of the next finer grain, so it is as exact as that: an hour to the minute, a
day to the minute for all models together and to the hour by model, 30 days to the hour and to the day. The past minute
is summed by the second, and what was ever done is one row.
"""

from __future__ import annotations

from typing import NamedTuple

from horde_server.database.pool import Connection

_WINDOWS = """
SELECT 'minute', coalesce(sum(jobs), 0)::bigint, coalesce(sum(things), 0) FROM work_done
WHERE domain = %(domain)s AND second > now() - interval '1 minute'
UNION ALL
SELECT 'hour', coalesce(sum(jobs), 0)::bigint, coalesce(sum(things), 0) FROM work_by_period
WHERE domain = %(domain)s AND grain = 'minute' AND period > now() - interval '1 hour'
UNION ALL
SELECT 'day', coalesce(sum(jobs), 0)::bigint, coalesce(sum(things), 0) FROM work_by_period
WHERE domain = %(domain)s AND grain = 'minute' AND period > now() - interval '24 hours'
UNION ALL
SELECT 'month', coalesce(sum(jobs), 0)::bigint, coalesce(sum(things), 0) FROM work_by_period
WHERE domain = %(domain)s AND grain = 'hour' AND period > now() - interval '30 days'
UNION ALL
SELECT 'total', coalesce(sum(jobs), 0)::bigint, coalesce(sum(things), 0) FROM work_by_period
WHERE domain = %(domain)s AND grain = 'total'"""

_MODELS = """
(SELECT 'day', model, sum(jobs)::bigint AS jobs FROM work_by_model
 WHERE domain = %(domain)s AND grain = 'hour' AND period > now() - interval '24 hours'
 GROUP BY model ORDER BY jobs DESC, model LIMIT %(most)s)
UNION ALL
(SELECT 'month', model, sum(jobs)::bigint AS jobs FROM work_by_model
 WHERE domain = %(domain)s AND grain = 'day' AND period > now() - interval '30 days'
 GROUP BY model ORDER BY jobs DESC, model LIMIT %(most)s)
UNION ALL
(SELECT 'total', model, jobs FROM work_by_model WHERE domain = %(domain)s AND grain = 'total'
 ORDER BY jobs DESC, model LIMIT %(most)s)"""

_KEPT = (
    ("work_by_period", "minute", "25 hours"),
    ("work_by_period", "hour", "31 days"),
    ("work_by_model", "hour", "25 hours"),
    ("work_by_model", "day", "400 days"),
)
"""How long fine grains stay; days and months of all models together, and months by model, stay for good."""


class Work(NamedTuple):
    """What was done within a time."""

    jobs: int
    things: float  # pixelsteps or tokens


async def windows(conn: Connection, domain: str) -> dict[str, Work]:
    """Work of the past minute, hour, day, 30 days (`month`), and ever (`total`)."""
    cursor = await conn.execute(_WINDOWS, {"domain": domain})
    return {name: Work(jobs, things) for name, jobs, things in await cursor.fetchall()}


async def most_used_models(conn: Connection, domain: str, most: int) -> dict[str, dict[str, int]]:
    """Jobs by model of the past day, 30 days (`month`), and ever (`total`): of the most used, those first."""
    cursor = await conn.execute(_MODELS, {"domain": domain, "most": most})
    found: dict[str, dict[str, int]] = {"day": {}, "month": {}, "total": {}}
    for window, model, jobs in await cursor.fetchall():
        found[window][model] = jobs
    return found


async def forget_fine_grains(conn: Connection) -> None:
    """Drop the minutes, hours and days that no window reaches any more."""
    for table, grain, kept in _KEPT:
        await conn.execute(
            f"DELETE FROM {table} WHERE domain IN (SELECT name FROM kind) AND grain = %s"
            " AND period < now() - %s::interval",
            (grain, kept),
        )
