"""The SQL of texts that another worker goes on with: kept when one is lost, taken with the next hand-out."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import psycopg

from horde_server.dispatch.ids import JobId, RequestId

Connection: TypeAlias = psycopg.AsyncConnection[Any]


class Beginning(NamedTuple):
    """What was shown of a job before it was lost."""

    job_id: JobId
    text: str


# Free is a beginning that nobody goes on with: not taken, or by a job that was lost without having shown more.
_FREE = """
    FROM resumption AS kept LEFT JOIN job ON job.id = kept.taken_by
    WHERE kept.request_id = %(request_id)s
      AND (kept.taken_by IS NULL OR job.state = 'faulted')
      AND NOT EXISTS (SELECT FROM resumption AS later WHERE later.job_id = kept.taken_by)"""
_TAKE = f"""
UPDATE resumption SET taken_by = %(job_id)s
WHERE job_id = (
    SELECT kept.job_id {_FREE}
    ORDER BY kept.created_at LIMIT 1 FOR UPDATE OF kept SKIP LOCKED
)
RETURNING text"""


async def has_free(conn: Connection, request_id: RequestId) -> bool:
    """Whether a request has such a text that nobody goes on with."""
    cursor = await conn.execute(f"SELECT EXISTS (SELECT {_FREE})", {"request_id": request_id})
    return bool((await cursor.fetchone() or (False,))[0])


async def take(conn: Connection, request_id: RequestId, job_id: JobId) -> str:
    """The beginning with which a job that was just handed out goes on; empty where it begins anew."""
    row = await (await conn.execute(_TAKE, {"request_id": request_id, "job_id": job_id})).fetchone()
    return str(row[0]) if row else ""


async def gone_on_with(conn: Connection, job_id: JobId) -> Beginning | None:
    """What this job goes on with, if it does."""
    row = await (await conn.execute("SELECT job_id, text FROM resumption WHERE taken_by = %s", (job_id,))).fetchone()
    return Beginning(*row) if row else None


async def kept_of(conn: Connection, job_id: JobId) -> str | None:
    """What is kept of a job that was lost; None: nothing."""
    row = await (await conn.execute("SELECT text FROM resumption WHERE job_id = %s", (job_id,))).fetchone()
    return str(row[0]) if row else None
