"""The SQL of dispatch. Every change of state is one statement guarded in its WHERE; no row back means that somebody
else was first, which is an answer and not an error.

Lock order, so that nothing deadlocks: a job before its request; the sweep is alone by an advisory lock and skips jobs
that somebody settles right now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from horde_server.dispatch.entry import STATE_COLUMNS, RequestState
from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.kind import Kind, OrderT
from horde_server.kudos.ledger import LEDGER_COLUMNS, MOVEMENT_ROWS, Movement, encode_movements, reserve
from horde_server.moderation.suspicion import MOST_NOTED, SUSPICIOUS_FROM, Suspicion
from horde_server.workers.abilities import decode_abilities
from horde_server.workers.capabilities import VALIDATED_BACKEND

Connection: TypeAlias = psycopg.AsyncConnection[Any]

MAX_FAULTS = 3
"""A request dies when one of its slots must have failed so often (generation.md §3.7.2, the SHOULD: one worker that
loses a whole batch, or a server that is killed between claims and their answers, ends no request)."""
MAX_FORM_FAULTS = 4
"""The same of a form (alchemy-and-operations.md §1.8)."""
MAX_DROPPED_JOBS_PER_HOUR = 20
"""A worker that drops more goes into maintenance and is suspected (generation.md §3.7.2)."""
MAX_DROPPED_JOBS_IN_RAID = 10
"""The same in raid mode, where there is suspicion without maintenance."""
MAX_DROPPED_FORMS_PER_HOUR = 100
"""The same of alchemists, in raid mode too."""

_STATE = STATE_COLUMNS.format("request.")

_OPEN_REQUEST_COLUMNS = f"""{_STATE}, request.kind, request.account_id, request.order_key, request.price_hundredths,
    request.payer_covered, extract(epoch from request.created_at)::float8, request.request_order::text,
    request.webhook::text"""


class OpenRequest(NamedTuple):
    """A request row as the mirror needs it."""

    state: RequestState
    kind: str
    account_id: int
    order_key: float
    price_hundredths: int
    payer_covered: bool
    created_s: float
    request_order: str
    webhook: str | None = None  # webhooks/hook.py


def _open_request(row: tuple[Any, ...]) -> OpenRequest:
    width = len(RequestState._fields)
    return OpenRequest(RequestState(*row[:width]), *row[width:])


async def load_open(conn: Connection) -> list[OpenRequest]:
    """Every request that still waits or is processed."""
    cursor = await conn.execute(
        f"SELECT {_OPEN_REQUEST_COLUMNS} FROM request"
        " WHERE (waiting > 0 OR processing > 0) AND state <> 'faulted' AND expires_at > now()"
    )
    return [_open_request(row) for row in await cursor.fetchall()]


async def fetch_requests(conn: Connection, ids: Sequence[UUID]) -> list[OpenRequest]:
    """The named requests, whatever their state."""
    cursor = await conn.execute(f"SELECT {_OPEN_REQUEST_COLUMNS} FROM request WHERE id = ANY(%s)", (list(ids),))
    return [_open_request(row) for row in await cursor.fetchall()]


async def fetch_states(conn: Connection) -> list[tuple[UUID, int]]:
    """(id, version) of every open request, for reconciling."""
    cursor = await conn.execute(
        "SELECT id, version FROM request"
        " WHERE (waiting > 0 OR processing > 0) AND state <> 'faulted' AND expires_at > now()"
    )
    return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request to be stored."""

    id: UUID
    kind: str
    account_id: int
    jobs: int
    order_key: float
    price_hundredths: int
    held_hundredths: int
    payer_covered: bool
    client_agent: str
    address: str | None
    lifetime_s: int
    request_order: str
    webhook: str | None = None


async def reserve_upfront(conn: Connection, new: NewRequest) -> None:
    """Make sure, inside the caller's transaction, that the payer can cover the hold; raises `KudosUpfront`."""
    await reserve(conn, new.account_id, new.held_hundredths)


_INSERT_REQUEST = f"""
WITH added AS (
    INSERT INTO request (id, kind, account_id, jobs, waiting, order_key, price_hundredths, consumed_hundredths,
                         held_hundredths, payer_covered, client_agent, address, expires_at, request_order, webhook)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s), %s::json, %s::json)
    RETURNING {STATE_COLUMNS.format("")}
), entries AS (
    INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths, request_id, requester_id, domain)
    VALUES (%s, 'request_tax', %s, %s, %s, %s, %s, %s)
)
SELECT * FROM added"""


async def insert_request(conn: Connection, new: NewRequest, tax: Movement) -> RequestState:
    """Store a request and charge its tax, in one statement."""
    cursor = await conn.execute(
        _INSERT_REQUEST,
        (
            new.id,
            new.kind,
            new.account_id,
            new.jobs,
            new.jobs,
            new.order_key,
            new.price_hundredths,
            tax.amount_hundredths,
            max(new.held_hundredths - tax.amount_hundredths, 0),
            new.payer_covered,
            new.client_agent,
            new.address,
            new.lifetime_s,
            new.request_order,
            new.webhook,
            tax.event_id,
            tax.payer,
            tax.payee,
            tax.amount_hundredths,
            new.id,
            new.account_id,
            new.kind,
        ),
    )
    row = await cursor.fetchone()
    assert row is not None  # an INSERT … RETURNING that did not raise has its row
    return RequestState(*row)


# A form never expires by itself, but with its interrogation, whose life is prolonged to the half minute only: so most
# forms change one row. Whoever changes both takes the form first.
_IS_ALIVE = """
      AND EXISTS (SELECT FROM interrogation WHERE id = request.interrogation_id AND expires_at > now())"""
_KEEP_INTERROGATION = """, kept AS (
    UPDATE interrogation SET expires_at = greatest(expires_at, now() + make_interval(secs => %(lifetime_s)s))
    WHERE id = (SELECT interrogation_id FROM request JOIN {changed} USING (id))
      AND expires_at < now() + make_interval(secs => %(lifetime_s)s - 30)
)"""

_CLAIM = f"""
WITH claimed AS (
    UPDATE request
    SET waiting = waiting - %(jobs)s, processing = processing + %(jobs)s, version = version + 1,
        expires_at = greatest(expires_at, now() + make_interval(secs => %(lifetime_s)s))
    WHERE id = %(request_id)s AND state = 'open' AND waiting >= %(jobs)s AND expires_at > now(){{guard}}
    RETURNING {STATE_COLUMNS.format("")}
){{keep}}, handed_out AS (
    INSERT INTO job (id, request_id, worker_id, owner_id, model, ttl_s, deadline, seed)
    SELECT job_id, claimed.id, %(worker_id)s, %(owner_id)s, %(model)s, %(ttl_s)s,
           now() + make_interval(secs => %(ttl_s)s), %(seed)s
    FROM claimed, unnest(%(job_ids)s::uuid[]) AS job_id
)
SELECT * FROM claimed"""
_CLAIM_WHOLE = _CLAIM.format(guard="", keep="")
_CLAIM_PART = _CLAIM.format(guard=_IS_ALIVE, keep=_KEEP_INTERROGATION.format(changed="claimed"))


async def claim(
    conn: Connection,
    *,
    request_id: UUID,
    job_ids: Sequence[UUID],
    worker_id: UUID,
    owner_id: int,
    model: str,
    ttl_s: int,
    seed: int,
    lifetime_s: int,
    is_part: bool,
) -> RequestState | None:
    """Take jobs of a request for a worker; None when they were not there any more. The lifetime outlasts the lease."""
    cursor = await conn.execute(
        _CLAIM_PART if is_part else _CLAIM_WHOLE,
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
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


async def find_job(conn: Connection, kind: Kind[OrderT], job_id: UUID) -> HeldJob[OrderT] | None:
    """The job, or None when it never existed, is of another kind, or went with its request."""
    cursor = await conn.execute(
        """SELECT job.id, job.request_id, job.worker_id, job.owner_id, request.account_id, job.model, job.state,
                  extract(epoch from job.started_at)::float8, request.price_hundredths, request.request_order::text,
                  worker.abilities::text, request.webhook::text
           FROM job JOIN request ON request.id = job.request_id JOIN worker ON worker.id = job.worker_id
           WHERE job.id = %s AND request.kind = %s""",
        (job_id, kind.name),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    found, request_id, worker_id, owner_id, requester_id, model, state, started_s, price, order, abilities, hook = row
    offered = decode_abilities(abilities)
    return HeldJob(
        id=found,
        request_id=request_id,
        worker_id=worker_id,
        owner_id=owner_id,
        requester_id=requester_id,
        model=model,
        state=state,
        started_s=started_s,
        price_hundredths=price,
        order=kind.decode(order),
        reward_percent=offered.reward_percent(kind.name),
        backend_validated=bool(offered.capability_mask() & VALIDATED_BACKEND),
        webhook=hook,
    )


_SETTLE = f"""
WITH settled AS (
    UPDATE job SET state = 'done', settled_at = now(), seed = %(seed)s, result = %(result)s,
                   gen_metadata = %(gen_metadata)s::json, censored = %(censored)s, reward_hundredths = %(reward)s
    WHERE id = %(job_id)s AND state = 'processing'
    RETURNING request_id
), counted AS (
    UPDATE request
    SET processing = processing - 1, finished = finished + 1, version = version + 1,
        consumed_hundredths = consumed_hundredths + %(debit)s,
        held_hundredths = CASE WHEN processing = 1 AND waiting = 0 THEN 0
                               ELSE greatest(held_hundredths - %(debit)s, 0) END,
        expires_at = greatest(expires_at, now() + make_interval(secs => %(lifetime_s)s))
    FROM settled WHERE request.id = settled.request_id
    RETURNING {_STATE}
){{keep}}, entries AS (
    INSERT INTO ledger_inbox ({LEDGER_COLUMNS})
    SELECT posted.* FROM settled, {MOVEMENT_ROWS}
)
SELECT * FROM counted"""
_SETTLE_WHOLE = _SETTLE.format(keep="")
_SETTLE_PART = _SETTLE.format(keep=_KEEP_INTERROGATION.format(changed="counted"))


async def settle_done(
    conn: Connection,
    *,
    job_id: UUID,
    seed: int,
    result: str,
    gen_metadata: str,
    censored: bool,
    reward_hundredths: int,
    debit_hundredths: int,
    movements: Sequence[Movement],
    lifetime_s: int,
    is_part: bool,
) -> RequestState | None:
    """Deliver a job and move its kudos, together or not at all; None when it was settled before."""
    cursor = await conn.execute(
        _SETTLE_PART if is_part else _SETTLE_WHOLE,
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
        },
    )
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


# What a faulted job does to its request: the slot returns while the request is open and not worn out.
# One slot must have failed MAX_FAULTS times when there were more failures than one less for each.
_MOST_FAULTS = f"CASE WHEN request.kind = 'interrogation' THEN {MAX_FORM_FAULTS - 1} ELSE {MAX_FAULTS - 1} END"
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
_TOO_MANY_DROPS = f"""(dropped_since >= now() - interval '1 hour' AND dropped_jobs + drops.jobs
        > CASE WHEN worker.kind = 'interrogation' THEN {MAX_DROPPED_FORMS_PER_HOUR}
               WHEN modes.raid THEN {MAX_DROPPED_JOBS_IN_RAID} ELSE {MAX_DROPPED_JOBS_PER_HOUR} END)"""
_SUSPECTS = f"({_TOO_MANY_DROPS} AND NOT owner.trusted AND cardinality(worker.suspicions) < {MOST_NOTED})"
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
        suspicions = CASE WHEN {_SUSPECTS} THEN worker.suspicions || {Suspicion.TOO_MANY_JOBS_ABORTED:d}::smallint
                          ELSE worker.suspicions END,
        paused = paused OR ({_SUSPECTS} AND cardinality(worker.suspicions) + 1 >= {SUSPICIOUS_FROM})
    FROM {{drops}} AS drops, (SELECT raid FROM horde_modes) AS modes, account AS owner
    WHERE worker.id = drops.worker_id AND owner.id = worker.account_id
    RETURNING worker.account_id, dropped_jobs = 0 AS is_too_many"""  # only too many set it to 0
_SUSPECT_OWNER = f"""UPDATE account SET suspicions = suspicions || {Suspicion.TOO_MANY_JOBS_ABORTED:d}::smallint
    FROM dropped WHERE dropped.is_too_many AND account.id = dropped.account_id AND NOT trusted
        AND cardinality(suspicions) < {MOST_NOTED}"""

_FAULT = f"""
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
)
SELECT * FROM counted"""


async def settle_fault(conn: Connection, job_id: UUID, gen_metadata: str) -> RequestState | None:
    """A worker reports that it failed: return the slot, once; None when the job was settled before."""
    cursor = await conn.execute(_FAULT, {"job_id": job_id, "gen_metadata": gen_metadata})
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


_SWEEP = f"""
WITH overdue AS (
    SELECT id FROM job WHERE state = 'processing' AND deadline < now()
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

_SWEEP_LOCK = 7_001_002


async def sweep_overdue(conn: Connection, batch: int = 500) -> list[tuple[RequestState, list[UUID]]]:
    """Fault the jobs whose lease ran out and return their slots. Any node may run it; one at a time does.

    Returns the changed requests with the workers that let them down.
    """
    async with conn.transaction():
        cursor = await conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (_SWEEP_LOCK,))
        if not (await cursor.fetchone() or (False,))[0]:
            return []
        cursor = await conn.execute(_SWEEP, {"batch": batch})
        return [(RequestState(*row[:-1]), row[-1]) for row in await cursor.fetchall()]


_TAKE_BACK = f"""
WITH held AS (
    SELECT id FROM job WHERE state = 'processing' AND worker_id = %s ORDER BY id FOR UPDATE
), faulted AS (
    UPDATE job SET state = 'faulted', settled_at = now() FROM held WHERE job.id = held.id RETURNING request_id
), counted AS (
    UPDATE request SET {_RETURN_SLOT}
    FROM (SELECT request_id, count(*)::int AS jobs FROM faulted GROUP BY request_id) AS faults
    WHERE request.id = faults.request_id
    RETURNING {_STATE}
)
SELECT * FROM counted"""


async def take_back(conn: Connection, worker_id: UUID) -> list[RequestState]:
    """Return the jobs of a worker that is being deleted, within the caller's transaction; the changed requests."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_SWEEP_LOCK,))  # both lock jobs of many requests
    cursor = await conn.execute(_TAKE_BACK, (worker_id,))
    return [RequestState(*row) for row in await cursor.fetchall()]


_CANCEL = f"""
UPDATE request
SET state = 'cancelled', waiting = 0, version = version + 1,
    held_hundredths = CASE WHEN processing = 0 THEN 0 ELSE held_hundredths * processing / (waiting + processing) END
WHERE {{which}} AND state = 'open'
RETURNING {STATE_COLUMNS.format("")}"""


async def cancel(conn: Connection, request_id: UUID) -> RequestState | None:
    """Cancel what still waits; jobs with workers go on. None when it was not open any more."""
    cursor = await conn.execute(_CANCEL.format(which="id = %s"), (request_id,))
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


async def cancel_waiting(conn: Connection) -> list[RequestState]:
    """Cancel what waits of every request, of any kind; the changed requests."""
    cursor = await conn.execute(_CANCEL.format(which="waiting > 0"))
    return [RequestState(*row) for row in await cursor.fetchall()]


class Expired(NamedTuple):
    """A request that was removed."""

    id: UUID
    kind: str
    sources: Any  # of its order, as stored
    job_ids: list[UUID]


async def delete_expired(conn: Connection, batch: int = 500) -> list[Expired]:
    """Remove expired requests with their jobs; their holds go with them."""
    cursor = await conn.execute(
        """WITH gone AS (
               SELECT id FROM request WHERE expires_at < now() ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)
           DELETE FROM request USING gone WHERE request.id = gone.id
           RETURNING request.id, kind, request_order -> 'sources',
                     ARRAY(SELECT job.id FROM job WHERE job.request_id = request.id)""",
        (batch,),
    )
    return [Expired(*row) for row in await cursor.fetchall()]


async def requests_older_than(conn: Connection, age_s: float) -> list[UUID]:
    """Requests and interrogations older than this and still there: their pictures are needed, however old those are."""
    cursor = await conn.execute(
        "SELECT id FROM (SELECT id, created_at FROM request UNION ALL SELECT id, created_at FROM interrogation) AS kept"
        " WHERE created_at < now() - make_interval(secs => %s)",
        (age_s,),
    )
    return [row[0] for row in await cursor.fetchall()]


_DELETED_WORKER = "a deleted worker"


class Generation(NamedTuple):
    """A delivered job as status shows it."""

    id: UUID
    worker_id: UUID
    worker_name: str
    model: str
    seed: int
    censored: bool
    gen_metadata: str
    result: str


async def name_of_worker(conn: Connection, worker_id: UUID) -> str:
    """The worker's name, as status shows it."""
    row = await (await conn.execute("SELECT name FROM worker WHERE id = %s", (worker_id,))).fetchone()
    return str(row[0]) if row else _DELETED_WORKER


async def find_status(conn: Connection, kind: str, request_id: UUID) -> tuple[OpenRequest, list[Generation]] | None:
    """A request with what was delivered so far, in the order of delivery; one query."""
    async with conn.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            f"""SELECT {_OPEN_REQUEST_COLUMNS}, job.id, job.worker_id,
                       coalesce(worker.name, '{_DELETED_WORKER}'), job.model, job.seed, job.censored,
                       job.gen_metadata::text, job.result
                FROM request
                LEFT JOIN job ON job.request_id = request.id AND job.state = 'done'
                LEFT JOIN worker ON worker.id = job.worker_id
                WHERE request.id = %s AND request.kind = %s ORDER BY job.settled_at, job.id""",
            (request_id, kind),
        )
        rows = await cursor.fetchall()
    if not rows:
        return None
    width = len(RequestState._fields) + len(OpenRequest._fields) - 1
    generations = [Generation(*row[width:]) for row in rows if row[width] is not None]
    return _open_request(rows[0][:width]), generations
