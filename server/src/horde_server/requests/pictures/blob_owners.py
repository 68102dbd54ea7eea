"""The SQL of retention: who still needs an image when its request does not."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from horde_server.database.pool import Connection

_OWED = """
SELECT id FROM shared_image WHERE state = 'copying'
UNION ALL
SELECT left(picture ->> 'key', 36)::uuid FROM webhook_delivery WHERE picture IS NOT NULL"""
_OWNERS = f"""
SELECT job.id FROM job JOIN request ON request.id = job.request_id
WHERE request.created_at < now() - make_interval(secs => %(age_s)s)
UNION ALL {_OWED} UNION ALL
SELECT left(key, 36)::uuid FROM procrastinate_jobs AS task, jsonb_array_elements_text(task.args -> 'keys') AS key
WHERE task.task_name = %(deletion)s AND task.status IN ('todo', 'doing') AND task.args ->> 'purpose' = 'results'"""


async def owners(conn: Connection, *, age_s: float, deletion: str) -> list[UUID]:
    """Ids of which images may be needed that are older than `age_s`.

    Jobs of requests that are still there, what is owed to somebody (see `owed`), and results that wait for their
    deletion by tasks of the name `deletion`: their last links are still good.
    """
    cursor = await conn.execute(_OWNERS, {"age_s": age_s, "deletion": deletion})
    return [row[0] for row in await cursor.fetchall()]


async def owed(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Jobs among these whose image is still to be copied to the shared ones, or to be told by a webhook."""
    cursor = await conn.execute(f"SELECT id FROM ({_OWED}) AS owed (id) WHERE id = ANY(%s)", (list(ids),))
    return {row[0] for row in await cursor.fetchall()}
