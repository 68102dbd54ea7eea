"""The SQL of how well it was foretold when requests would be done: counters by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from horde_server.database.pool import Connection
from horde_server.requests.reasons.outcomes import Outcome

DAYS: Final = 7
"""Before today, that count."""


async def add(conn: Connection, outcomes: Sequence[Outcome]) -> None:
    """Add to today's counters; any node may, at any time."""
    await conn.execute(
        """INSERT INTO eta_outcome AS kept
               (day, kind, wait, ratio, requests, within_p50, within_p90, off_octaves)
           SELECT (now() AT TIME ZONE 'UTC')::date, added.* FROM unnest(%s::text[], %s::smallint[], %s::smallint[],
               %s::bigint[], %s::bigint[], %s::bigint[], %s::float8[]) AS added
           ORDER BY 2, 3, 4  -- so that nodes do not wait for each other in a circle
           ON CONFLICT (day, kind, wait, ratio) DO UPDATE SET requests = kept.requests + excluded.requests,
               within_p50 = kept.within_p50 + excluded.within_p50, within_p90 = kept.within_p90 + excluded.within_p90,
               off_octaves = kept.off_octaves + excluded.off_octaves""",
        tuple(map(list, zip(*outcomes, strict=True))),
    )


async def forget(conn: Connection) -> None:
    """What is too old to count."""
    await conn.execute("DELETE FROM eta_outcome WHERE day < (now() AT TIME ZONE 'UTC')::date - %s::int", (DAYS,))


async def find(conn: Connection) -> list[Outcome]:
    """All that counts, summed up over the days: some hundred rows."""
    cursor = await conn.execute(
        """SELECT kind, wait, ratio, sum(requests)::bigint, sum(within_p50)::bigint, sum(within_p90)::bigint,
                  sum(off_octaves)
           FROM eta_outcome WHERE day >= (now() AT TIME ZONE 'UTC')::date - %s::int GROUP BY kind, wait, ratio""",
        (DAYS,),
    )
    return [Outcome(*row) for row in await cursor.fetchall()]
