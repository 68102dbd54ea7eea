"""The SQL of streams: a job looked up once, its deadline moved by signs of life, the share that was streamed of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import psycopg

from horde_server.dispatch.entry import STATE_COLUMNS, RequestState
from horde_server.dispatch.ids import JobId, RequestId

Connection: TypeAlias = psycopg.AsyncConnection[Any]


class FoundJob(NamedTuple):
    """A job row as far as streaming it needs it. Times are seconds since the epoch."""

    id: JobId
    request_id: RequestId
    worker_id: UUID
    owner_id: int
    state: str
    started_s: float
    lease_s: float
    deadline_s: float
    kind: str
    request_order: str
    resumes: bool


async def find_job(conn: Connection, job_id: JobId) -> FoundJob | None:
    """The job, of whichever kind; None when it never existed, or went with its request."""
    cursor = await conn.execute(
        """SELECT job.id, job.request_id, job.worker_id, job.owner_id, job.state,
                  extract(epoch from job.started_at)::float8, job.ttl_s::float8,
                  extract(epoch from job.deadline)::float8, request.kind, request.request_order::text,
                  EXISTS (SELECT FROM resumption WHERE taken_by = job.id)
           FROM job JOIN request ON request.id = job.request_id WHERE job.id = %s""",
        (job_id,),
    )
    row = await cursor.fetchone()
    return FoundJob(*row) if row else None


async def model_of(conn: Connection, job_id: JobId) -> str:
    """The model of a job that there is."""
    row = await (await conn.execute("SELECT model FROM job WHERE id = %s", (job_id,))).fetchone()
    return str(row[0]) if row else ""


async def keep_share(conn: Connection, job_id: JobId, share: float) -> None:
    """So much was streamed of a job before its request was cancelled."""
    await conn.execute(
        "UPDATE job SET streamed_share = %s WHERE id = %s AND state = 'processing'", (round(share, 4), job_id)
    )


_PROLONG = f"""
WITH alive AS (
    SELECT job.id FROM job
    JOIN job AS sign ON sign.request_id = job.request_id AND sign.worker_id = job.worker_id
    WHERE sign.id = ANY(%(job_ids)s) AND job.state = 'processing'
    ORDER BY job.id FOR UPDATE OF job
), moved AS (
    UPDATE job SET deadline = greatest(deadline, least(now() + make_interval(secs => ttl_s / 2.0),
                                                       started_at + make_interval(secs => %(most)s * ttl_s)))
    FROM alive WHERE job.id = alive.id AND state = 'processing'
    RETURNING request_id, deadline
)
UPDATE request SET expires_at = latest.deadline + interval '1 minute', version = version + 1
FROM (SELECT request_id, max(deadline) AS deadline FROM moved GROUP BY 1) AS latest
WHERE request.id = latest.request_id AND expires_at < latest.deadline + interval '1 minute'
RETURNING {STATE_COLUMNS.format("request.")}"""


async def prolong(conn: Connection, job_ids: Sequence[JobId], most_leases: int) -> list[RequestState]:
    """Move the deadlines of jobs whose workers gave a sign of life, with all that these have of the same requests.

    Back come the requests that had to live longer for it.
    """
    cursor = await conn.execute(_PROLONG, {"job_ids": list(job_ids), "most": most_leases})
    return [RequestState(*row) for row in await cursor.fetchall()]


async def give_up(conn: Connection, job_ids: Sequence[JobId], in_s: float) -> None:
    """Have jobs whose workers fell silent be overdue, now or in a moment: the sweep does the rest."""
    await conn.execute(
        "UPDATE job SET deadline = least(deadline, now() + make_interval(secs => %s))"
        " WHERE id = ANY(%s) AND state = 'processing'",
        (in_s, list(job_ids)),
    )
