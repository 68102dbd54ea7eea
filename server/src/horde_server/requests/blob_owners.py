"""The SQL of retention: whose an image is, beside the requests' own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from horde_server.database.pool import Connection

_OWNERS = """
SELECT job.id FROM job JOIN request ON request.id = job.request_id
WHERE request.created_at < now() - make_interval(secs => %(age_s)s)
UNION ALL
SELECT id FROM shared_image WHERE state = 'copying'
UNION ALL
SELECT left(key, 36)::uuid FROM procrastinate_jobs AS task, jsonb_array_elements_text(task.args -> 'keys') AS key
WHERE task.task_name = %(deletion)s AND task.status IN ('todo', 'doing') AND task.args ->> 'purpose' = 'results'"""


async def owners(conn: Connection, *, age_s: float, deletion: str) -> list[UUID]:
    """Ids of which images may be needed that are older than `age_s`.

    Jobs of requests that are still there, images on their way to the shared ones, and results that wait for their
    deletion by tasks of the name `deletion`: their last links are still good.
    """
    cursor = await conn.execute(_OWNERS, {"age_s": age_s, "deletion": deletion})
    return [row[0] for row in await cursor.fetchall()]


async def still_copied(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are on their way to the shared images, and needed until they have arrived."""
    cursor = await conn.execute("SELECT id FROM shared_image WHERE id = ANY(%s) AND state = 'copying'", (list(ids),))
    return {row[0] for row in await cursor.fetchall()}
