"""The SQL of requests: stored, loaded, cancelled, removed, shown. What happens to their jobs: `job_store.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
import psycopg

from horde_server.database.statements import Statement
from horde_server.dispatch.announcement_store import EndedRequest
from horde_server.dispatch.down_time_store import IS_UP
from horde_server.dispatch.entry import NOT_DONE, STATE_COLUMNS, STATE_TYPES, RequestState
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.kind import OrderT
from horde_server.kudos.ledger import request_tax

Connection: TypeAlias = psycopg.AsyncConnection[Any]

_encode = msgspec.json.Encoder().encode
_STATE = STATE_COLUMNS.format("request.")

_OPEN_REQUEST_COLUMNS = f"""{_STATE}, request.kind, request.account_id, request.order_key, request.price_hundredths,
    request.payer_covered, extract(epoch from request.created_at)::float8, request.request_order::text,
    request.webhook::text, request.key_id, request.key_job_hundredths"""
_OPEN_REQUEST_TYPES = (*STATE_TYPES, "text", "int", "float8", "int", "bool", "float8", "text", "text", "int", "int")


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
    key_id: int | None = None  # by which key it was asked for; None: by everybody's
    key_job_hundredths: int | None = None  # what a job charges at most, where that key has a budget


def _open_request(row: tuple[Any, ...]) -> OpenRequest:
    width = len(RequestState._fields)
    return OpenRequest(RequestState(*row[:width]), *row[width:])


_IS_OPEN = f"{NOT_DONE.format('')} AND expires_at > now()"
"""Begins as the index `request_open` says it (migration 0013)."""
OPEN_VERSIONS = f"SELECT id, version FROM request WHERE {_IS_OPEN}"


async def load_open(conn: Connection) -> list[OpenRequest]:
    """Every request that still waits or is processed."""
    cursor = await conn.execute(f"SELECT {_OPEN_REQUEST_COLUMNS} FROM request WHERE {_IS_OPEN}")
    return [_open_request(row) for row in await cursor.fetchall()]


async def fetch_requests(conn: Connection, ids: Sequence[UUID]) -> list[OpenRequest]:
    """The named requests, whatever their state."""
    cursor = await conn.execute(f"SELECT {_OPEN_REQUEST_COLUMNS} FROM request WHERE id = ANY(%s)", (list(ids),))
    return [_open_request(row) for row in await cursor.fetchall()]


async def fetch_asked(conn: Connection, ids: Sequence[UUID]) -> list[OpenRequest]:
    """The named requests, and the forms of the named interrogations, whatever their state."""
    cursor = await conn.execute(
        f"SELECT {_OPEN_REQUEST_COLUMNS} FROM request WHERE id = ANY(%(ids)s) OR interrogation_id = ANY(%(ids)s)",
        {"ids": list(ids)},
    )
    return [_open_request(row) for row in await cursor.fetchall()]


async def fetch_states(conn: Connection) -> list[tuple[RequestId, int]]:
    """(id, version) of every open request, for reconciling."""
    cursor = await conn.execute(OPEN_VERSIONS)
    return await cursor.fetchall()


class NewRequest(msgspec.Struct, Generic[OrderT], frozen=True, kw_only=True):
    """A request to be stored. A struct, as a frozen dataclass takes four times as long to make."""

    id: RequestId
    order: OrderT
    account_id: int
    order_key: float  # dispatch/order.py
    price_hundredths: int  # what the reward of a job is worked out from
    tax_hundredths: int = 0  # for accepting it, burnt
    style_reward_hundredths: int = 0  # for its style: moved by what is written beside the request …
    event_id: UUID | None = None  # … as one event with the tax
    held_hundredths: int = 0  # of all it may cost, reserved from the payer
    payer_covered: bool
    client_agent: str
    address: str | None
    webhook: str | None  # webhooks/hook.py
    key_id: int | None = None  # by which key it is asked for; None: by everybody's
    key_job_hundredths: int | None = None  # of a key with a budget: what a job charges at most
    is_key_shared: bool = False

    def encoded_order(self) -> str:
        """The order as JSON, as it is stored."""
        return _encode(self.order).decode()


_INSERT_REQUEST = Statement(
    f"""
WITH added AS (
    INSERT INTO request (id, kind, account_id, jobs, waiting, order_key, price_hundredths, consumed_hundredths,
                         held_hundredths, payer_covered, client_agent, address, expires_at, request_order, webhook,
                         key_id, key_job_hundredths)
    VALUES (%(id)s, %(kind)s, %(account_id)s, %(jobs)s, %(jobs)s, %(order_key)s, %(price)s, %(charged)s, %(held)s,
            %(payer_covered)s, %(client_agent)s, %(address)s, now() + make_interval(secs => %(lifetime_s)s::int),
            %(request_order)s::json, %(webhook)s::json, %(key_id)s, %(key_job)s)
    RETURNING {STATE_COLUMNS.format("")}
), entries AS (
    INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths, request_id, requester_id, domain, key_id)
    VALUES (%(event_id)s, 'request_tax', %(payer)s, %(payee)s, %(tax)s, %(id)s, %(account_id)s, %(kind)s, %(key_id)s)
)
SELECT * FROM added""",
    STATE_TYPES,
)


async def insert_request(conn: Connection, new: NewRequest[OrderT], *, kind: str, lifetime_s: int) -> RequestState:
    """Store a request and charge its tax, in one statement."""
    charged = new.tax_hundredths + new.style_reward_hundredths
    tax = request_tax(new.account_id, new.id, new.tax_hundredths, kind, new.key_id)
    row = await _INSERT_REQUEST.row(
        conn,
        {
            "id": new.id,
            "kind": kind,
            "account_id": new.account_id,
            "jobs": new.order.n,
            "order_key": new.order_key,
            "price": new.price_hundredths,
            "tax": tax.amount_hundredths,
            "charged": charged,
            "held": max(new.held_hundredths - charged, 0),
            "payer_covered": new.payer_covered,
            "client_agent": new.client_agent,
            "address": new.address,
            "lifetime_s": lifetime_s,
            "request_order": new.encoded_order(),
            "webhook": new.webhook,
            "key_id": new.key_id,
            "key_job": new.key_job_hundredths,
            "event_id": new.event_id or tax.event_id,
            "payer": tax.payer,
            "payee": tax.payee,
        },
    )
    assert row is not None  # an INSERT … RETURNING that did not raise has its row
    return RequestState(*row)


CANCEL = f"""
UPDATE request
SET state = 'cancelled', waiting = 0, version = version + 1,
    held_hundredths = CASE WHEN processing = 0 THEN 0 ELSE held_hundredths * processing / (waiting + processing) END
WHERE {{which}} AND state = 'open'
RETURNING {STATE_COLUMNS.format("")}"""
"""SQL: take back what waits of some requests; format with `which`. What is held for jobs in hands stays held."""


async def cancel(conn: Connection, request_id: RequestId) -> RequestState | None:
    """Cancel what still waits; jobs with workers go on. None when it was not open any more."""
    cursor = await conn.execute(CANCEL.format(which="id = %s"), (request_id,))
    row = await cursor.fetchone()
    return RequestState(*row) if row else None


async def cancel_waiting(conn: Connection) -> list[RequestState]:
    """Cancel what waits of every request, of any kind; the changed requests."""
    cursor = await conn.execute(CANCEL.format(which="waiting > 0"))
    return [RequestState(*row) for row in await cursor.fetchall()]


async def cancel_waiting_of(conn: Connection, account_ids: Sequence[int]) -> list[RequestState]:
    """Cancel what waits of all requests, of any kind, of these accounts; the changed requests."""
    cursor = await conn.execute(CANCEL.format(which="waiting > 0 AND account_id = ANY(%s)"), (list(account_ids),))
    return [RequestState(*row) for row in await cursor.fetchall()]


async def waiting_of_deleted(conn: Connection) -> list[int]:
    """Accounts marked for deletion of which something waits: a request can arrive together with the mark."""
    cursor = await conn.execute(
        """SELECT DISTINCT account.id FROM request JOIN account ON account.id = request.account_id
           WHERE (waiting > 0 OR processing > 0) AND state <> 'faulted' AND waiting > 0 AND account.deleted"""
    )
    return [row[0] for row in await cursor.fetchall()]


async def expire_all_of(conn: Connection, account_id: int) -> None:
    """Let all requests of an account end now: the next sweep removes them, with their orders, jobs and pictures."""
    await conn.execute(
        "UPDATE request SET expires_at = now() WHERE account_id = %s AND interrogation_id IS NULL", (account_id,)
    )
    await conn.execute(  # their forms go with them, a moment after they expired
        "UPDATE interrogation SET expires_at = now() - interval '1 minute' WHERE account_id = %s", (account_id,)
    )


class Due(NamedTuple):
    """What a sweep has to do."""

    overdue_jobs: bool
    expired_requests: bool


async def whats_due(conn: Connection) -> Due:
    """Whether any job's lease ran out and any request expired: a glance at two indexes, for mostly nothing has."""
    cursor = await conn.execute(
        f"""SELECT {IS_UP} AND EXISTS (SELECT FROM job WHERE state = 'processing' AND deadline < now()),
                   {IS_UP} AND EXISTS (SELECT FROM request WHERE expires_at < now())"""
    )
    return Due(*(await cursor.fetchone() or (False, False)))


class Expired(NamedTuple):
    """A request that was removed."""

    id: RequestId
    kind: str
    sources: Any  # of its order, as stored
    job_ids: list[JobId]
    ended: EndedRequest | None = None  # when it was not done, and a webhook is to be told so


async def delete_expired(conn: Connection, batch: int = 500) -> list[Expired]:
    """Remove expired requests with their jobs; their holds go with them."""
    cursor = await conn.execute(
        f"""WITH gone AS (
               SELECT id FROM request WHERE expires_at < now() AND {IS_UP}
               ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)
           DELETE FROM request USING gone WHERE request.id = gone.id
           RETURNING request.id, kind, request_order -> 'sources',
                     ARRAY(SELECT job.id FROM job WHERE job.request_id = request.id),
                     CASE WHEN {NOT_DONE.format("")} AND NOT end_told THEN webhook::text END, account_id, {_STATE}""",
        (batch,),
    )
    return [_expired(*row) for row in await cursor.fetchall()]


def _expired(
    request_id: RequestId,
    kind: str,
    sources: Any,
    job_ids: list[JobId],
    webhook: str | None,
    account_id: int,
    *state: Any,
) -> Expired:
    ended = EndedRequest(RequestState(*state), account_id, webhook) if webhook is not None else None
    return Expired(request_id, kind, sources, job_ids, ended)


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

    id: JobId
    worker_id: UUID
    worker_name: str
    model: str
    seed: int
    censored: bool
    gen_metadata: str
    result: str
    told: str | None = None  # what else the worker told of it, as JSON


async def name_of_worker(conn: Connection, worker_id: UUID) -> str:
    """The worker's name, as status shows it."""
    row = await (await conn.execute("SELECT name FROM worker WHERE id = %s", (worker_id,))).fetchone()
    return str(row[0]) if row else _DELETED_WORKER


_STATUS = Statement(
    f"""SELECT {_OPEN_REQUEST_COLUMNS}, job.id, job.worker_id, coalesce(worker.name, '{_DELETED_WORKER}'), job.model,
               job.seed, job.censored, job.gen_metadata::text, job.result, job.told::text
        FROM request
        LEFT JOIN job ON job.request_id = request.id AND job.state = 'done'
        LEFT JOIN worker ON worker.id = job.worker_id
        WHERE request.id = %(id)s AND request.kind = %(kind)s ORDER BY job.settled_at, job.id""",
    (*_OPEN_REQUEST_TYPES, "uuid", "uuid", "text", "text", "int", "bool", "text", "text", "text"),
)


async def find_status(
    conn: Connection, kind: str, request_id: RequestId
) -> tuple[OpenRequest, list[Generation]] | None:
    """A request with what was delivered so far, in the order of delivery; one query."""
    rows = await _STATUS.rows(conn, {"id": request_id, "kind": kind})
    if not rows:
        return None
    width = len(RequestState._fields) + len(OpenRequest._fields) - 1
    generations = [Generation(*row[width:]) for row in rows if row[width] is not None]
    return _open_request(rows[0][:width]), generations
