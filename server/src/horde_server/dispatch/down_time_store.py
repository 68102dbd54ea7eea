"""The SQL of the horde's heartbeat, and of putting off all deadlines by the time that the horde was down.

Times are the database's: no node's clock decides what a gap is. A database's clock that is set forward looks like a gap
and is made up for as one: what was due in a minute still is. One that is set back puts nothing off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import psycopg

from horde_server.dispatch.job_locks import SWEEP_LOCK

Connection: TypeAlias = psycopg.AsyncConnection[Any]

BEAT_S = 5.0
"""Any node renews a beat that is older."""
GAP_S = 15.0
"""The horde was down when nobody renewed it for so long."""

_GAP = f"interval '{GAP_S:g} s'"
IS_UP = f"(SELECT beat_at > now() - {_GAP} FROM horde_beat)"
"""SQL: the heart beats. Not so after a gap that is not made up for yet: until then nothing is overdue or expired."""


class Beat(NamedTuple):
    """The last beat: its age in seconds, negative when the clock went back, None before the first; all down time."""

    age_s: float | None
    down_s: float


async def last_beat(conn: Connection) -> Beat:
    """When the heart last beat."""
    cursor = await conn.execute("SELECT extract(epoch FROM now() - beat_at)::float8, down_s FROM horde_beat")
    row = await cursor.fetchone()
    assert row is not None  # the migration made it
    return Beat(*row)


async def beat(conn: Connection) -> None:
    """Renew the beat, but never across a gap."""
    await conn.execute(f"UPDATE horde_beat SET beat_at = now() WHERE beat_at IS NULL OR beat_at > now() - {_GAP}")


class Gap(NamedTuple):
    """How long nobody beat, and what was put off by as much."""

    seconds: float
    jobs: int
    requests: int
    workers: int


# What began in the second half of a gap began when the horde was up again and no beat had told it yet: nothing is owed
# to it. What was overdue before the last beat was so by nobody's fault but its own.
_PUT_OFF = {
    "job": """UPDATE job SET deadline = deadline + %(gap)s, started_at = least(started_at + %(gap)s, now())
        WHERE state = 'processing' AND started_at < %(middle)s AND deadline >= %(last)s""",
    "request": """UPDATE request SET expires_at = expires_at + %(gap)s, version = version + 1
        WHERE expires_at >= %(last)s AND expires_at < 'infinity' AND created_at < %(middle)s""",
    "interrogation": """UPDATE interrogation SET expires_at = expires_at + %(gap)s
        WHERE expires_at >= %(last)s AND created_at < %(middle)s""",
    # neither online for it nor offline: uptime goes on where it stood
    "worker": """UPDATE worker SET last_check_in_at = least(last_check_in_at + %(gap)s, now()),
            dropped_since = least(dropped_since + %(gap)s, now())
        WHERE last_check_in_at >= %(last)s - interval '300 s' AND last_check_in_at < %(middle)s""",
    "webhook_delivery": """UPDATE webhook_delivery SET created_at = created_at + %(gap)s
        WHERE created_at < %(middle)s""",
    "shared_image": """UPDATE shared_image SET created_at = created_at + %(gap)s
        WHERE state = 'copying' AND created_at < %(middle)s""",
}


async def make_up(conn: Connection) -> Gap | None:
    """Put off all deadlines by the gap before now and beat; None when there is none, or another node was first.

    In the order in which all others lock rows (a job, its request, its interrogation, its worker); alone with the
    sweep, as both change many.
    """
    async with conn.transaction():
        for limit in ("statement_timeout", "lock_timeout"):  # the more was open the longer it takes
            await conn.execute(f"SET LOCAL {limit} = 0")
        cursor = await conn.execute(
            f"SELECT beat_at, now() - beat_at FROM horde_beat WHERE beat_at <= now() - {_GAP} FOR UPDATE"
        )
        found: tuple[datetime, timedelta] | None = await cursor.fetchone()
        if found is None:
            return None
        last, gap = found
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", (SWEEP_LOCK,))
        values = {"last": last, "gap": gap, "middle": last + gap / 2}
        rows = {table: (await conn.execute(sql, values)).rowcount for table, sql in _PUT_OFF.items()}
        await conn.execute("UPDATE horde_beat SET beat_at = now(), down_s = down_s + %s", (gap.total_seconds(),))
    return Gap(gap.total_seconds(), rows["job"], rows["request"], rows["worker"])
