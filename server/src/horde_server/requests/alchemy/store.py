"""The SQL of interrogations: what their forms share. What a form has in common with every request is dispatch's.

Lock order: a form's job, then the form, then its interrogation. What has expired is removed a while later, so that
nobody still hands out a form of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from horde_server.database.pool import Connection
from horde_server.dispatch.down_time_store import IS_UP
from horde_server.dispatch.entry import STATE_COLUMNS, RequestState
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.store import NewRequest
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.vocabulary import IMAGE_FORMS

REMOVED_AFTER_S = 10.0


_INSERT = f"""
WITH added AS (
    INSERT INTO interrogation (id, account_id, address, webhook, expires_at)
    VALUES (%(id)s, %(account_id)s, %(address)s, %(webhook)s::json, now() + make_interval(secs => %(lifetime_s)s))
    RETURNING id, webhook
)
INSERT INTO request (id, kind, account_id, interrogation_id, jobs, waiting, order_key, price_hundredths, payer_covered,
                     client_agent, address, expires_at, webhook, request_order, key_id, key_job_hundredths)
SELECT form.id, 'interrogation', %(account_id)s, added.id, 1, 1, form.order_key, form.price_hundredths, true,
       %(client_agent)s, %(address)s, 'infinity', added.webhook, form.request_order::json,
       %(key_id)s::bigint, form.key_job_hundredths
FROM added, json_to_recordset(%(forms)s::json)
    AS form (id uuid, order_key float8, price_hundredths bigint, request_order text, key_job_hundredths bigint)
RETURNING {STATE_COLUMNS.format("")}"""


async def insert_interrogation(
    conn: Connection, interrogation_id: RequestId, forms: Sequence[NewRequest[FormOrder]], *, lifetime_s: int
) -> dict[UUID, RequestState]:
    """Store an interrogation with its forms, at least one, in one statement; the forms' states by their ids.

    Whose they are, from where and with which webhook is the same for all.
    """
    shared = forms[0]
    cursor = await conn.execute(
        _INSERT,
        {
            "id": interrogation_id,
            "account_id": shared.account_id,
            "address": shared.address,
            "client_agent": shared.client_agent,
            "lifetime_s": lifetime_s,
            "webhook": shared.webhook,
            "key_id": shared.key_id,
            "forms": msgspec.json.encode([_form(form) for form in forms]).decode(),
        },
    )
    states = [RequestState(*row) for row in await cursor.fetchall()]
    return {state.id: state for state in states}


def _form(new: NewRequest[FormOrder]) -> dict[str, Any]:
    """A form as the statement takes it."""
    return {
        "id": new.id,
        "order_key": new.order_key,
        "price_hundredths": new.price_hundredths,
        "request_order": new.encoded_order(),
        "key_job_hundredths": new.key_job_hundredths,
    }


class FormRow(NamedTuple):
    """A form, by its request, as status shows it. `result` is JSON, with its job; of forms that are done."""

    id: RequestId
    form: str
    state: str
    waiting: int
    finished: int
    job_id: JobId | None
    result: str | None


async def find_forms(conn: Connection, interrogation_id: RequestId) -> list[FormRow]:
    """The forms of an interrogation as they were asked for; none when there is no such interrogation."""
    cursor = await conn.execute(
        """SELECT request.id,
                  request.request_order ->> 'form', request.state, request.waiting, request.finished, job.id, job.result
           FROM request LEFT JOIN job ON job.request_id = request.id AND job.state = 'done'
           WHERE request.interrogation_id = %s ORDER BY request.order_key""",
        (interrogation_id,),
    )
    return [FormRow(*row) for row in await cursor.fetchall()]


async def cancel_forms(conn: Connection, interrogation_id: RequestId) -> list[RequestState]:
    """Cancel every form that is not done, so that none is handed out any more; the changed ones."""
    cursor = await conn.execute(
        f"""UPDATE request SET state = 'cancelled', waiting = 0, version = version + 1
            WHERE interrogation_id = %s AND state <> 'cancelled' AND finished = 0
            RETURNING {STATE_COLUMNS.format("")}""",
        (interrogation_id,),
    )
    return [RequestState(*row) for row in await cursor.fetchall()]


async def find_processing(conn: Connection, interrogation_id: RequestId) -> list[tuple[JobId, bool]]:
    """Jobs of its forms that alchemists still hold, each with whether its owner is trusted."""
    cursor = await conn.execute(
        """SELECT job.id, account.trusted
           FROM request JOIN job ON job.request_id = request.id JOIN account ON account.id = job.owner_id
           WHERE request.interrogation_id = %s AND job.state = 'processing' ORDER BY job.id""",
        (interrogation_id,),
    )
    return await cursor.fetchall()


async def any_expired(conn: Connection) -> bool:
    """Whether `lock_expired` would find something: cheaper than a transaction for nothing."""
    cursor = await conn.execute(
        f"SELECT {IS_UP} AND EXISTS (SELECT FROM interrogation WHERE expires_at < now() - make_interval(secs => %s))",
        (REMOVED_AFTER_S,),
    )
    return bool((await cursor.fetchone() or (False,))[0])


class ExpiredInterrogation(NamedTuple):
    """An interrogation that nobody came back for in time. `webhook`: of whoever is still to be told of its end."""

    id: RequestId
    account_id: int
    webhook: str | None


class Removed(NamedTuple):
    """An interrogation that was removed."""

    id: RequestId
    form_ids: list[RequestId]
    image_job_ids: list[JobId]  # jobs that may have made a picture


async def lock_expired(conn: Connection, batch: int = 500) -> list[ExpiredInterrogation]:
    """Expired interrogations, which nobody else removes until the caller's transaction ends."""
    cursor = await conn.execute(
        f"""SELECT id, account_id, webhook::text FROM interrogation
            WHERE expires_at < now() - make_interval(secs => %s) AND {IS_UP}
            ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED""",
        (REMOVED_AFTER_S, batch),
    )
    return [ExpiredInterrogation(*row) for row in await cursor.fetchall()]


async def delete(conn: Connection, ids: Sequence[RequestId]) -> list[Removed]:
    """Remove interrogations with all their forms and jobs."""
    cursor = await conn.execute(
        """WITH gone AS (
               DELETE FROM interrogation WHERE id = ANY(%(ids)s)
           )
           SELECT interrogation_id, array_agg(DISTINCT request.id),
                  coalesce(array_agg(job.id) FILTER (WHERE job.model = ANY(%(image_forms)s)), '{}')
           FROM request LEFT JOIN job ON job.request_id = request.id
           WHERE interrogation_id = ANY(%(ids)s) GROUP BY interrogation_id""",
        {"ids": list(ids), "image_forms": list(IMAGE_FORMS)},
    )
    return [Removed(*row) for row in await cursor.fetchall()]
