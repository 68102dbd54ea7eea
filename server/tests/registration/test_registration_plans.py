"""What anybody may ask of registrations costs the same, however many there were."""

from __future__ import annotations

from typing import Any

import psycopg

from horde_server.registration import store
from horde_server.registration.addresses import whence
from horde_server.registration.approvals.store import PAGE, WAITING

THERE_WERE, WAIT = 20_000, 60
SECRET = b"secret"


def rows_read(plan: dict[str, Any]) -> int:
    """By all parts of a plan, those that a filter threw away included."""
    own = sum(int(plan.get(name, 0)) for name in ("Actual Rows", "Rows Removed by Filter"))
    return own + sum(map(rows_read, plan.get("Plans", [])))


async def test_neither_the_limits_nor_the_list_of_who_waits_read_what_is_over(database_dsn: str) -> None:
    """registration.md §1.5 and §3.3: of twenty thousand of a day, most of them refused."""
    place = whence(SECRET, "198.51.100.7")
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
        await conn.execute(
            "INSERT INTO account (id, username, approved_at) SELECT n, 'user', NULL FROM generate_series(1, %s) n",
            (THERE_WERE,),
        )
        await conn.execute(
            """INSERT INTO registration (account_id, way, household, site, waits, refused_at)
               SELECT id, 'pseudonymous', sha256(id::text::bytea), sha256((id / 3)::text::bytea),
                      id > %(refused)s, CASE WHEN id <= %(refused)s THEN now() END
               FROM account WHERE id > 0""",
            {"refused": THERE_WERE - WAIT},
        )
        await conn.execute(
            "UPDATE registration SET household = %s, site = %s WHERE account_id <= 10", (place.household, place.site)
        )
        await conn.execute("ANALYZE")
        for query, values, most in (
            (store.RECENT, {"household": place.household, "site": place.site}, 100),
            (WAITING, (0,), 5 * PAGE),
        ):
            cursor = await conn.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}".encode(), values)
            row = await cursor.fetchone()
            assert row is not None
            assert rows_read(row[0][0]["Plan"]) <= most, row
        assert (await store.recent(conn, place)).household_day == 10
