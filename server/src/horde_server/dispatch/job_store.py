"""The SQL of jobs: handed out, settled, returned, each time together with their request's counts. Every change of state
is one statement guarded in its WHERE; no row back means that somebody else was first, which is an answer and not an
error.

Lock order, so that nothing deadlocks: a job before its request; the sweep is alone by an advisory lock and skips jobs
that somebody settles right now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import psycopg

from horde_server.database.statements import Statement
from horde_server.dispatch.abilities import decode_abilities
from horde_server.dispatch.capabilities import VALIDATED_BACKEND
from horde_server.dispatch.down_time_store import IS_UP
from horde_server.dispatch.entry import STATE_COLUMNS, STATE_TYPES, RequestState
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.job_locks import SWEEP_LOCK
from horde_server.dispatch.kind import Kind, OrderT
from horde_server.dispatch.states import JobPhase
from horde_server.kudos.ledger import Movement
from horde_server.kudos.ledger_store import LEDGER_COLUMNS, MOVEMENT_ROWS, encode_movements
from horde_server.moderation.store import PAUSES, is_news, may_be_noted, with_reason
from horde_server.moderation.suspicion import Suspicion

Connection: TypeAlias = psycopg.AsyncConnection[Any]

_STATE = STATE_COLUMNS.format("request.")
LISTENER_HAS_S = 3
"""Seconds in which the node whose client listens may say what the next worker goes on with."""

# A form never expires by itself, but with its interrogation, whose life is prolonged to the half minute only: so most
# forms change one row. Whoever changes both takes the form first.
_IS_ALIVE = """
      AND EXISTS (SELECT FROM interrogation WHERE id = request.interrogation_id AND expires_at > now())"""
_KEEP_INTERROGATION = """, kept AS (
    UPDATE interrogation SET expires_at = greatest(expires_at, now() + make_interval(secs => %(lifetime_s)s::int))
    WHERE id = (SELECT interrogation_id FROM request JOIN {changed} USING (id))
      AND expires_at < now() + make_interval(secs => %(lifetime_s)s::int - 30)
)"""

_CLAIM = f"""
WITH claimed AS (
    UPDATE request
    SET waiting = waiting - %(jobs)s, processing = processing + %(jobs)s, version = version + 1,
        expires_at = greatest(expires_at, now() + make_interval(secs => %(lifetime_s)s::int))
    WHERE id = %(request_id)s AND state = 'open' AND waiting >= %(jobs)s AND expires_at > now(){{guard}}
    RETURNING {STATE_COLUMNS.format("")}
){{keep}}, handed_out AS (
    INSERT INTO job (id, request_id, worker_id, owner_id, model, ttl_s, deadline, seed)
    SELECT job_id, claimed.id, %(worker_id)s, %(owner_id)s, %(model)s, %(ttl_s)s::int,
           now() + make_interval(secs => %(ttl_s)s::int), %(seed)s
    FROM claimed, unnest(%(job_ids)s::uuid[]) AS job_id
)
SELECT * FROM claimed"""
_CLAIM_WHOLE = Statement(_CLAIM.format(guard="", keep=""), STATE_TYPES)
_CLAIM_PART = Statement(_CLAIM.format(guard=_IS_ALIVE, keep=_KEEP_INTERROGATION.format(changed="claimed")), STATE_TYPES)


async def claim(
    conn: Connection,
    *,
    request_id: RequestId,
    job_ids: Sequence[JobId],
    worker_id: UUID,
    owner_id: int,
    model: str,
    ttl_s: int,
    seed: int,
    lifetime_s: int,
    is_part: bool,
) -> RequestState | None:
    """Take jobs of a request for a worker; None when they were not there any more. The lifetime outlasts the lease."""
    row = await (_CLAIM_PART if is_part else _CLAIM_WHOLE).row(
        conn,
        {
            "jobs": len(job_ids),
            "request_id": request_id,
            "worker_id": worker_id,
            "owner_id": owner_id,
            "model": model,
            "ttl_s": ttl_s,
            "seed": seed,
            "job_ids": list(job_ids),
            "lifetime_s": max(lifetime_s, ttl_s + 60),
        },
    )
    return RequestState(*row) if row else None


async def find_job(conn: Connection, kind: Kind[OrderT], job_id: JobId) -> HeldJob[OrderT] | None:
    """The job, or None when it never existed, is of another kind, or went with its request."""
    cursor = await conn.execute(
        """SELECT job.id, job.request_id, job.worker_id, job.owner_id, request.account_id, job.model, job.state,
                  extract(epoch from job.started_at)::float8, request.price_hundredths, request.request_order::text,
                  worker.abilities::text, request.webhook::text, request.key_id, request.key_job_hundredths,
                  coalesce(resumption.text, '')
           FROM job JOIN request ON request.id = job.request_id JOIN worker ON worker.id = job.worker_id
           LEFT JOIN resumption ON resumption.taken_by = job.id
           WHERE job.id = %s AND request.kind = %s""",
        (job_id, kind.name),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    found, request_id, worker_id, owner_id, requester_id, model, state, started_s, price, order, abilities, hook = row[
        :12
    ]
    offered = decode_abilities(abilities)
    return HeldJob(
        id=found,
        request_id=request_id,
        worker_id=worker_id,
        owner_id=owner_id,
        requester_id=requester_id,
        model=model,
        state=JobPhase(state),
        started_s=started_s,
        price_hundredths=price,
        order=kind.decode(order),
        reward_percent=kind.reward_percent(offered),
        backend_validated=bool(offered.capability_mask() & VALIDATED_BACKEND),
        webhook=hook,
        key_id=row[12],
        key_job_hundredths=row[13],
        resume_text=row[14],
    )


_SETTLE = f"""
WITH settled AS (
    UPDATE job SET state = 'done', settled_at = now(), seed = %(seed)s, result = %(result)s,
                   gen_metadata = %(gen_metadata)s::json, censored = %(censored)s, reward_hundredths = %(reward)s,
                   told = %(told)s::json
    WHERE id = %(job_id)s AND state = 'processing'
    RETURNING request_id, worker_id
), counted AS (
    UPDATE request
    SET processing = processing - 1, finished = finished + 1, version = version + 1,
        consumed_hundredths = consumed_hundredths + %(debit)s,
        held_hundredths = CASE WHEN processing = 1 AND waiting = 0 THEN 0
                               ELSE greatest(held_hundredths - %(debit)s, 0) END,
        expires_at = greatest(expires_at, now() + make_interval(secs => %(lifetime_s)s::int))
    FROM settled WHERE request.id = settled.request_id
    RETURNING {_STATE}
){{keep}}, entries AS (
    INSERT INTO ledger_inbox ({LEDGER_COLUMNS}, team_id)
    SELECT posted.*, worker.team_id
    FROM settled LEFT JOIN worker ON worker.id = settled.worker_id CROSS JOIN {MOVEMENT_ROWS}
)
SELECT * FROM counted"""
_SETTLE_WHOLE = Statement(_SETTLE.format(keep=""), STATE_TYPES)
_SETTLE_PART = Statement(_SETTLE.format(keep=_KEEP_INTERROGATION.format(changed="counted")), STATE_TYPES)


async def settle_done(
    conn: Connection,
    *,
    job_id: JobId,
    seed: int,
    result: str,
    gen_metadata: str,
    censored: bool,
    reward_hundredths: int,
    debit_hundredths: int,
    movements: Sequence[Movement],
    lifetime_s: int,
    is_part: bool,
    told: str | None = None,
) -> RequestState | None:
    """Deliver a job and move its kudos, together or not at all; None when it was settled before."""
    row = await (_SETTLE_PART if is_part else _SETTLE_WHOLE).row(
        conn,
        {
            "job_id": job_id,
            "seed": seed,
            "result": result,
            "gen_metadata": gen_metadata,
            "censored": censored,
            "reward": reward_hundredths,
            "debit": debit_hundredths,
            "lifetime_s": lifetime_s,
            "movements": encode_movements(movements),
            "told": told,
        },
    )
    return RequestState(*row) if row else None


# What a faulted job does to its request: the slot returns while the request is open and not worn out.
# One slot must have failed max_faults times when there were more failures than one less for each.
# So one worker that loses a whole batch, or a server killed between claims and their answers, ends no request.
_MOST_FAULTS = "(SELECT max_faults - 1 FROM kind WHERE kind.name = request.kind)"
_IS_WORN_OUT = f"restarted + faults.jobs > {_MOST_FAULTS} * request.jobs"
_RETURN_SLOT = f"""
        processing = processing - faults.jobs, restarted = restarted + faults.jobs, version = version + 1,
        state = CASE WHEN state = 'open' AND {_IS_WORN_OUT} THEN 'faulted'
                     ELSE state END,
        waiting = CASE WHEN state <> 'open' OR {_IS_WORN_OUT} THEN 0
                       ELSE waiting + faults.jobs END,
        held_hundredths = CASE WHEN state <> 'open' OR {_IS_WORN_OUT} THEN 0
                               ELSE held_hundredths END"""

# What it does to the worker: a rolling hour of dropped jobs; when they are too many, maintenance and a suspicion.
# `drops` are the jobs dropped now, `modes` the horde's, `owner` the worker's account.
_TOO_MANY_DROPS = """(dropped_since >= now() - interval '1 hour' AND dropped_jobs + drops.jobs
        > (SELECT CASE WHEN modes.raid THEN max_dropped_per_hour_in_raid ELSE max_dropped_per_hour END
           FROM kind WHERE kind.name = worker.kind))"""
_REASON = Suspicion.TOO_MANY_JOBS_ABORTED
_SUSPECTS = f"({_TOO_MANY_DROPS} AND NOT owner.trusted AND {is_news('worker', _REASON)})"
_COUNT_DROPS = f"""
        uncompleted_jobs = uncompleted_jobs + drops.jobs,
        dropped_jobs = CASE WHEN dropped_since < now() - interval '1 hour' THEN drops.jobs
                            WHEN {_TOO_MANY_DROPS} THEN 0
                            ELSE dropped_jobs + drops.jobs END,
        dropped_since = CASE WHEN dropped_since < now() - interval '1 hour' THEN now() ELSE dropped_since END,
        maintenance = maintenance OR (NOT modes.raid AND {_TOO_MANY_DROPS}),
        maintenance_msg = CASE WHEN NOT maintenance AND NOT modes.raid AND {_TOO_MANY_DROPS}
            THEN 'Maintenance mode was switched on because your worker dropped too many jobs within an hour. '
                 'Find out why, then set maintenance to false.'
            ELSE maintenance_msg END,
        suspicions = CASE WHEN {_SUSPECTS} THEN {with_reason("worker", _REASON)} ELSE worker.suspicions END,
        paused = paused OR ({_SUSPECTS} AND {PAUSES})
    FROM {{drops}} AS drops, (SELECT raid FROM horde_modes) AS modes, account AS owner
    WHERE worker.id = drops.worker_id AND owner.id = worker.account_id
    RETURNING worker.account_id, dropped_jobs = 0 AS is_too_many"""  # only too many set it to 0
_SUSPECT_OWNER = f"""UPDATE account SET suspicions = {with_reason("account", _REASON)}
    FROM dropped WHERE dropped.is_too_many AND account.id = dropped.account_id AND {may_be_noted(_REASON)}"""

_FAULTED = f"""
WITH faulted AS (
    UPDATE job SET state = 'faulted', settled_at = now(), gen_metadata = %(gen_metadata)s::json
    WHERE id = %(job_id)s AND state = 'processing'
    RETURNING request_id, worker_id, 1 AS jobs
), dropped AS (
    UPDATE worker SET {_COUNT_DROPS.format(drops="faulted")}
), suspected AS (
    {_SUSPECT_OWNER}
), counted AS (
    UPDATE request SET {_RETURN_SLOT} FROM faulted AS faults WHERE request.id = faults.request_id
    RETURNING {_STATE}
){{and_more}}
SELECT * FROM counted"""
_FAULT = _FAULTED.format(and_more="")
_DROP = f"""
WITH lost AS (
    SELECT %(worker_id)s::uuid AS worker_id, 1 AS jobs
), dropped AS (
    UPDATE worker SET {_COUNT_DROPS.format(drops="lost")}
), suspected AS (
    {_SUSPECT_OWNER}
)
SELECT FROM dropped"""
_LOSE = _FAULTED.format(
    and_more=""", kept AS (
    INSERT INTO resumption (job_id, request_id, text)
    SELECT %(job_id)s, id, %(text)s FROM counted WHERE state = 'open'
)"""
)


async def settle_fault(conn: Connection, job_id: JobId, gen_metadata: str) -> RequestState | None:
    """A worker reports that it failed: return the slot, once; None when the job was settled before."""
    cursor = await conn.execute(_FAULT, {"job_id": job_id, "gen_metadata": gen_metadata})
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


async def note_drop(conn: Connection, worker_id: UUID) -> None:
    """A worker is lost whose job needed nothing more: it has dropped it all the same."""
    await conn.execute(_DROP, {"worker_id": worker_id})


async def lose(conn: Connection, job_id: JobId, text: str, gen_metadata: str) -> RequestState | None:
    """A worker is lost whose text was shown so far: return the slot, and keep that for who goes on with it.

    None when the job was settled before. Within the caller's transaction.
    """
    cursor = await conn.execute(_LOSE, {"job_id": job_id, "text": text, "gen_metadata": gen_metadata})
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


# Only of a request that was cancelled: the job counts neither as done nor as dropped.
_CANCELLED = f"""
WITH settled AS (
    UPDATE job SET state = 'faulted', settled_at = now(), reward_hundredths = %(reward)s
    FROM request
    WHERE job.id = %(job_id)s AND job.state = 'processing'
      AND request.id = job.request_id AND request.state = 'cancelled'
    RETURNING job.request_id, job.worker_id
), counted AS (
    UPDATE request
    SET processing = processing - 1, version = version + 1, consumed_hundredths = consumed_hundredths + %(debit)s,
        held_hundredths = CASE WHEN processing = 1 THEN 0 ELSE greatest(held_hundredths - %(debit)s, 0) END
    FROM settled WHERE request.id = settled.request_id
    RETURNING {_STATE}
), entries AS (
    INSERT INTO ledger_inbox ({LEDGER_COLUMNS}, team_id)
    SELECT posted.*, worker.team_id
    FROM settled LEFT JOIN worker ON worker.id = settled.worker_id CROSS JOIN {MOVEMENT_ROWS}
)
SELECT * FROM counted"""


async def streamed_share(conn: Connection, job_id: JobId) -> float:
    """How much of a job was streamed when its request was cancelled, from 0 to 1."""
    row = await (await conn.execute("SELECT streamed_share FROM job WHERE id = %s", (job_id,))).fetchone()
    return float(row[0] or 0) if row else 0.0


async def settle_cancelled(
    conn: Connection,
    job_id: JobId,
    *,
    reward_hundredths: int,
    debit_hundredths: int,
    movements: Sequence[Movement],
) -> RequestState | None:
    """A worker stopped at a job of a cancelled request, and is paid for its part; None where it is another case."""
    cursor = await conn.execute(
        _CANCELLED,
        {
            "job_id": job_id,
            "reward": reward_hundredths,
            "debit": debit_hundredths,
            "movements": encode_movements(movements),
        },
    )
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


_SWEEP = f"""
WITH overdue AS (
    SELECT id FROM job WHERE state = 'processing' AND deadline < now() AND {IS_UP}
      AND (request_id <> ALL(%(listened)s::uuid[]) OR deadline < now() - interval '{LISTENER_HAS_S} seconds')
    ORDER BY deadline LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), faulted AS (
    UPDATE job SET state = 'faulted', settled_at = now() FROM overdue WHERE job.id = overdue.id
    RETURNING request_id, worker_id
), dropped AS (
    UPDATE worker SET {_COUNT_DROPS.format(drops="(SELECT worker_id, count(*)::int AS jobs FROM faulted GROUP BY 1)")}
), suspected AS (
    {_SUSPECT_OWNER}
), counted AS (
    UPDATE request SET {_RETURN_SLOT}
    FROM (SELECT request_id, count(*)::int AS jobs FROM faulted GROUP BY request_id) AS faults
    WHERE request.id = faults.request_id
    RETURNING {_STATE}
)
SELECT counted.*, (SELECT array_agg(DISTINCT worker_id) FROM faulted WHERE request_id = counted.id) FROM counted"""


async def sweep_overdue(
    conn: Connection, listened: Collection[UUID] = (), batch: int = 500
) -> list[tuple[RequestState, list[UUID]]]:
    """Fault the jobs whose lease ran out and return their slots, within the caller's transaction.

    Any node may run it; one at a time does. Returns the changed requests with the workers that let them down. Jobs of
    requests that somebody listens to are left to the node that knows what was told, for a moment.
    """
    cursor = await conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (SWEEP_LOCK,))
    if not (await cursor.fetchone() or (False,))[0]:
        return []
    cursor = await conn.execute(_SWEEP, {"batch": batch, "listened": list(listened)})
    return [(RequestState(*row[:-1]), row[-1]) for row in await cursor.fetchall()]


_TAKE_BACK = f"""
WITH held AS (
    SELECT id, request_id = ANY(%(listened)s::uuid[]) AS is_listened FROM job
    WHERE state = 'processing' AND worker_id = %(worker_id)s ORDER BY id FOR UPDATE
), left_to_listeners AS (
    UPDATE job SET deadline = least(deadline, now()) FROM held WHERE job.id = held.id AND is_listened
), faulted AS (
    UPDATE job SET state = 'faulted', settled_at = now() FROM held WHERE job.id = held.id AND NOT is_listened
    RETURNING request_id
), counted AS (
    UPDATE request SET {_RETURN_SLOT}
    FROM (SELECT request_id, count(*)::int AS jobs FROM faulted GROUP BY request_id) AS faults
    WHERE request.id = faults.request_id
    RETURNING {_STATE}
)
SELECT * FROM counted"""


# As if it had never been handed out: nobody is blamed, and no slot counts as restarted.
_HAND_BACK = f"""
WITH gone AS (
    DELETE FROM job WHERE id = ANY(%(job_ids)s) AND state = 'processing' RETURNING request_id
), counted AS (
    UPDATE request SET processing = processing - gone.jobs, version = version + 1,
        waiting = CASE WHEN state = 'open' THEN waiting + gone.jobs ELSE 0 END
    FROM (SELECT request_id, count(*)::int AS jobs FROM gone GROUP BY 1) AS gone WHERE request.id = gone.request_id
    RETURNING {_STATE}
)
SELECT * FROM counted"""


async def hand_back(conn: Connection, job_ids: Sequence[UUID]) -> RequestState | None:
    """Return jobs of one request of which their worker never heard; None when they were settled or swept before."""
    cursor = await conn.execute(_HAND_BACK, {"job_ids": list(job_ids)})
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


class TakenBack(NamedTuple):
    """What became of the jobs of a worker that goes."""

    states: list[RequestState]  # of the requests to which they returned
    left: list[JobId]  # to the nodes whose clients listen: overdue in a moment


async def take_back(conn: Connection, worker_id: UUID, listened: Collection[UUID] = ()) -> TakenBack:
    """Return the jobs of a worker that is being deleted, within the caller's transaction.

    Those of requests that somebody listens to are left to the node that knows what was told, for a moment.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (SWEEP_LOCK,))  # both lock jobs of many requests
    cursor = await conn.execute(_TAKE_BACK, {"worker_id": worker_id, "listened": list(listened)})
    states = [RequestState(*row) for row in await cursor.fetchall()]
    if not listened:
        return TakenBack(states, [])
    cursor = await conn.execute("SELECT id FROM job WHERE state = 'processing' AND worker_id = %s", (worker_id,))
    return TakenBack(states, [JobId(row[0]) for row in await cursor.fetchall()])
