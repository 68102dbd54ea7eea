"""The SQL of reports of results."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection

MOST_A_DAY = 20
"""Of one household."""
KEEP_DAYS = 90


class Result(NamedTuple):
    """A finished job, with what outlives it in a report."""

    job_id: UUID
    kind: str
    model: str
    worker_id: UUID
    owner_id: int
    requester_id: int


async def find_result(conn: Connection, request_id: UUID, generation: str) -> Result | None:
    """A delivered result of a request, by its id, or of an interrogation by the name of its form."""
    cursor = await conn.execute(
        """SELECT job.id, request.kind, job.model, job.worker_id, job.owner_id, request.account_id
           FROM job JOIN request ON request.id = job.request_id
           WHERE (request.id = %(request)s OR request.interrogation_id = %(request)s)
             AND CASE WHEN request.interrogation_id IS NULL THEN job.id::text = lower(%(generation)s)
                      ELSE job.model = %(generation)s END
             AND job.state = 'done' LIMIT 1""",
        {"request": request_id, "generation": generation},
    )
    row = await cursor.fetchone()
    return Result(*row) if row else None


async def reports_of_today(conn: Connection, reporter: bytes) -> int:
    """How many a household made within a day; no more are counted than there may be."""
    cursor = await conn.execute(
        """SELECT count(*) FROM (SELECT FROM result_report
               WHERE reporter = %s AND created_at > now() - interval '1 day' LIMIT %s) AS few""",
        (reporter, MOST_A_DAY),
    )
    row = await cursor.fetchone()
    assert row is not None  # an aggregate has one row
    return int(row[0])


async def add(
    conn: Connection, result: Result, *, request_id: UUID, reporter: bytes, reason: str, words: str | None
) -> bool:
    """Keep a report; False where the household reported this result before."""
    cursor = await conn.execute(
        """INSERT INTO result_report (reporter, kind, request_id, job_id, model, worker_id, owner_id, requester_id,
                                      reason, words)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (job_id, reporter) DO NOTHING""",
        (reporter, result.kind, request_id, result.job_id, result.model, result.worker_id, result.owner_id,
         result.requester_id, reason, words),
    )  # fmt: skip
    return cursor.rowcount == 1


class Report(NamedTuple):
    """A report as it stands; the worker's name where it is still there."""

    id: int
    created_at: datetime
    kind: str
    request_id: UUID
    job_id: UUID
    model: str
    worker_id: UUID
    worker_name: str | None
    owner_id: int
    requester_id: int
    reason: str
    words: str | None
    state: str
    decided_at: datetime | None
    decided_by: int | None


_REPORTS = """SELECT report.id, report.created_at, report.kind, request_id, job_id, model, worker_id, worker.name,
    owner_id, requester_id, reason, words, state, decided_at, decided_by
FROM result_report AS report LEFT JOIN worker ON worker.id = report.worker_id"""


async def listed(
    conn: Connection, *, state: str | None, worker_id: UUID | None, before: int | None, limit: int
) -> list[Report]:
    """The newest in a state, about a worker, older than the one with this number."""
    asked: dict[str, Any] = {"state": state, "worker_id": worker_id, "before": before}
    conditions = {
        "state": "state = %(state)s",
        "worker_id": "worker_id = %(worker_id)s",
        "before": "report.id < %(before)s",
    }
    where = " AND ".join(conditions[name] for name, value in asked.items() if value is not None) or "true"
    cursor = await conn.execute(
        f"{_REPORTS} WHERE {where} ORDER BY report.id DESC LIMIT %(limit)s".encode(), {**asked, "limit": limit}
    )
    return [Report(*row) for row in await cursor.fetchall()]


async def lock(conn: Connection, report_id: int) -> Report | None:
    """The report, which nobody else decides until the caller's transaction ends."""
    cursor = await conn.execute(f"{_REPORTS} WHERE report.id = %s FOR UPDATE OF report", (report_id,))
    row = await cursor.fetchone()
    return Report(*row) if row else None


async def decide(conn: Connection, report_id: int, state: str, decided_by: int | None) -> None:
    """Note what was decided."""
    await conn.execute(
        "UPDATE result_report SET state = %s, decided_at = now(), decided_by = %s WHERE id = %s",
        (state, decided_by, report_id),
    )


async def note_on_worker(conn: Connection, worker_id: UUID, note: str) -> bool:
    """Keep what moderators are to remember of a worker, in the place of what was there; False when it is gone."""
    cursor = await conn.execute("UPDATE worker SET moderators_note = %s WHERE id = %s", (note, worker_id))
    return cursor.rowcount == 1


async def forget_old(conn: Connection) -> int:
    """Remove reports that are kept no longer; how many."""
    cursor = await conn.execute(
        "DELETE FROM result_report WHERE created_at < now() - make_interval(days => %s)", (KEEP_DAYS,)
    )
    return cursor.rowcount
