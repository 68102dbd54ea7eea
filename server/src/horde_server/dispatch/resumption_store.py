"""The SQL of texts that another worker goes on with: kept when one is lost, taken with the next hand-out."""

from __future__ import annotations

from typing import Any, TypeAlias
from uuid import UUID

import psycopg

from horde_server.dispatch.ids import JobId, RequestId

Connection: TypeAlias = psycopg.AsyncConnection[Any]

# Free is a beginning that nobody goes on with: not taken, or by a job that was lost without having shown more.
_TAKE = """
UPDATE resumption SET taken_by = %(job_id)s
WHERE job_id = (
    SELECT kept.job_id FROM resumption AS kept LEFT JOIN job ON job.id = kept.taken_by
    WHERE kept.request_id = %(request_id)s
      AND (kept.taken_by IS NULL OR job.state = 'faulted')
      AND NOT EXISTS (SELECT FROM resumption AS later WHERE later.job_id = kept.taken_by)
    ORDER BY kept.created_at LIMIT 1 FOR UPDATE OF kept SKIP LOCKED
)
RETURNING text"""


async def has_any(conn: Connection, request_id: RequestId) -> bool:
    """Whether there is such a text of a request."""
    cursor = await conn.execute("SELECT EXISTS (SELECT FROM resumption WHERE request_id = %s)", (request_id,))
    return bool((await cursor.fetchone() or (False,))[0])


async def take(conn: Connection, request_id: RequestId, job_id: JobId) -> str:
    """The beginning with which a job that was just handed out goes on; empty where it begins anew."""
    row = await (await conn.execute(_TAKE, {"request_id": request_id, "job_id": job_id})).fetchone()
    return str(row[0]) if row else ""


async def gone_on_with(conn: Connection, job_id: JobId) -> JobId | None:
    """The lost job that this one goes on with, if it does."""
    row = await (await conn.execute("SELECT job_id FROM resumption WHERE taken_by = %s", (job_id,))).fetchone()
    return JobId(UUID(str(row[0]))) if row else None
