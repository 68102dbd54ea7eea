"""The SQL of insight: whether the database answers; what the fold counted, never the ledger itself."""

from __future__ import annotations

from horde_server.database.pool import Connection


async def work_of_past_minute(conn: Connection) -> dict[str, float]:
    """Pixelsteps and tokens that were delivered within the last minute and are folded, by domain."""
    cursor = await conn.execute(
        "SELECT domain, sum(things) FROM work_done WHERE second > now() - interval '1 minute' GROUP BY domain"
    )
    return dict(await cursor.fetchall())


async def ask_anything(conn: Connection) -> None:
    """Have the database answer. Raises psycopg's `OperationalError` when it does not."""
    await conn.execute("SELECT 1")
