"""The SQL of uses: noted with the requests that make them, added to the counts in batches."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from horde_server.database.pool import Connection

_COUNT_LOCK = 7_021_001


async def add(conn: Connection, used_ids: Sequence[UUID]) -> None:
    """Note a use of each of these styles and collections, within the caller's transaction."""
    await conn.execute("INSERT INTO style_use (used_id) SELECT unnest(%s::uuid[])", (list(used_ids),))


async def anything_to_count(conn: Connection) -> bool:
    """Whether there are uses that the counts do not know."""
    row = await (await conn.execute("SELECT EXISTS (SELECT FROM style_use)")).fetchone()
    return bool(row and row[0])


async def count(conn: Connection, batch: int) -> int:
    """Add so many uses at most to the counts, in the caller's transaction; how many. 0 also when another node does."""
    row = await (await conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (_COUNT_LOCK,))).fetchone()
    if not (row and row[0]):
        return 0
    cursor = await conn.execute(
        """WITH moved AS (
               DELETE FROM style_use WHERE id IN (SELECT id FROM style_use ORDER BY id LIMIT %s) RETURNING used_id
           ), uses AS (
               SELECT used_id, count(*) AS uses FROM moved GROUP BY used_id ORDER BY used_id
           ), styles AS (
               UPDATE style SET use_count = use_count + uses FROM uses WHERE style.id = used_id
           ), collections AS (
               UPDATE style_collection AS collection SET use_count = use_count + uses FROM uses
               WHERE collection.id = used_id
           )
           SELECT count(*) FROM moved""",
        (batch,),
    )
    return int((await cursor.fetchone() or (0,))[0])
