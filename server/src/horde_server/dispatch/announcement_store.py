"""The SQL of ends that webhooks are told of: each is handed out once, to whoever tells it in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from horde_server.database.pool import Connection
from horde_server.dispatch.entry import NOT_DONE, STATE_COLUMNS, RequestState
from horde_server.dispatch.ids import RequestId


class EndedRequest(NamedTuple):
    """A request that came to its end, and whose webhook does not know of it yet."""

    state: RequestState
    account_id: int
    webhook: str


_TAKE_ENDED = f"""
UPDATE request SET end_told = true
WHERE id = ANY(%s) AND webhook IS NOT NULL AND interrogation_id IS NULL AND NOT end_told AND NOT ({NOT_DONE.format("")})
RETURNING {STATE_COLUMNS.format("")}, account_id, webhook::text"""


async def take_ended(conn: Connection, ids: Collection[RequestId]) -> list[EndedRequest]:
    """Those of the requests that are done and to be told of; nobody else gets them."""
    cursor = await conn.execute(_TAKE_ENDED, (list(ids),))
    return [EndedRequest(RequestState(*row[:-2]), *row[-2:]) for row in await cursor.fetchall()]


class AskedTogether(NamedTuple):
    """What forms were asked for together, by somebody who wants to be told of their end."""

    id: RequestId
    account_id: int
    webhook: str


async def lock_interrogations_of(conn: Connection, form_ids: Collection[RequestId]) -> list[AskedTogether]:
    """Interrogations that these forms are a part of, and whose end is to be told, locked.

    One after the other: of two forms that end at once the second sees the first.
    """
    cursor = await conn.execute(
        """SELECT id, account_id, webhook::text FROM interrogation
           WHERE webhook IS NOT NULL AND id IN (SELECT interrogation_id FROM request WHERE id = ANY(%s))
           ORDER BY id FOR UPDATE""",
        (list(form_ids),),
    )
    return [AskedTogether(*row) for row in await cursor.fetchall()]


async def forms_of(conn: Connection, interrogation_ids: Collection[RequestId]) -> dict[RequestId, list[RequestState]]:
    """The forms of each interrogation."""
    cursor = await conn.execute(
        f"SELECT interrogation_id, {STATE_COLUMNS.format('')} FROM request WHERE interrogation_id = ANY(%s)",
        (list(interrogation_ids),),
    )
    found: defaultdict[RequestId, list[RequestState]] = defaultdict(list)
    for interrogation_id, *columns in await cursor.fetchall():
        found[interrogation_id].append(RequestState(*columns))
    return found


async def forget_webhooks(conn: Connection, interrogation_ids: Collection[RequestId]) -> None:
    """The end of these interrogations is told."""
    await conn.execute("UPDATE interrogation SET webhook = NULL WHERE id = ANY(%s)", (list(interrogation_ids),))
