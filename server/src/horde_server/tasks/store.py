"""The SQL of durable tasks that procrastinate does not bring: what dead nodes left behind, and what is long over."""

from __future__ import annotations

from horde_server.database.pool import Connection

_RESCUE = """
WITH stalled AS (
    SELECT job.id FROM procrastinate_jobs job LEFT JOIN procrastinate_workers node ON node.id = job.worker_id
    WHERE job.status = 'doing'
      AND (node.id IS NULL
           OR node.last_heartbeat < now() - make_interval(secs => %(silent_s)s)
           -- its node lives, but could not write down that it had ended
           OR NOT EXISTS (SELECT FROM procrastinate_events event WHERE event.job_id = job.id
                          AND event.type = 'started' AND event.at > now() - make_interval(secs => %(longest_s)s)))
    FOR UPDATE OF job SKIP LOCKED
)
SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM stalled"""

_FORGET = """
DELETE FROM procrastinate_jobs job
WHERE job.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
  AND NOT EXISTS (SELECT FROM procrastinate_events event
                  WHERE event.job_id = job.id AND event.at > now() - make_interval(secs => %s))"""


async def rescue(conn: Connection, *, silent_s: float, longest_s: float) -> int:
    """Let tasks be done anew whose node fell silent, or that run longer than any may; how many."""
    return (await conn.execute(_RESCUE, {"silent_s": silent_s, "longest_s": longest_s})).rowcount


async def forget(conn: Connection, *, older_than_s: float) -> int:
    """Delete the tasks that ended so long ago; how many."""
    return (await conn.execute(_FORGET, (older_than_s,))).rowcount
