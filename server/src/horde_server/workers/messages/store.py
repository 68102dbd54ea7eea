"""The SQL of messages to workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection

KEPT_DAYS = 30
"""That a message can be looked at after it has expired."""

_WRITING_TURNS = 7_001_023


class Message(NamedTuple):
    """A message. `audience`: `all`, a `kind`, or the `workers` that are named."""

    id: UUID
    account_id: int
    audience: str
    kind: str | None
    origin: str
    message: str
    created_at: datetime
    expires_at: datetime
    worker_ids: list[UUID]


_COLUMNS = """id, account_id, audience, kind, origin, message, created_at, expires_at,
    ARRAY(SELECT worker_id FROM worker_message_addressee WHERE message_id = worker_message.id ORDER BY 1)"""


async def active_ids(conn: Connection, *, most: int) -> list[UUID]:
    """The messages that are in force, the newest first."""
    cursor = await conn.execute(
        "SELECT id FROM worker_message WHERE expires_at > now() ORDER BY created_at DESC, id LIMIT %s", (most,)
    )
    return [row[0] for row in await cursor.fetchall()]


async def find(conn: Connection, ids: Collection[UUID]) -> list[Message]:
    """Those of the named messages that exist, the newest first."""
    cursor = await conn.execute(
        f"SELECT {_COLUMNS} FROM worker_message WHERE id = ANY(%s) ORDER BY created_at DESC, id".encode(), (list(ids),)
    )
    return [Message(*row) for row in await cursor.fetchall()]


async def take_turns(conn: Connection, account_id: int) -> None:
    """Have new messages of an account counted and stored one after the other, until the transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_WRITING_TURNS, account_id))


async def count_active(conn: Connection, account_id: int) -> tuple[int, int]:
    """How many messages are in force: of an account, and of all."""
    cursor = await conn.execute(
        """SELECT count(*) FILTER (WHERE account_id = %s), count(*) FROM worker_message WHERE expires_at > now()""",
        (account_id,),
    )
    of_account, of_all = await cursor.fetchone() or (0, 0)
    return of_account, of_all


async def add(
    conn: Connection,
    *,
    message_id: UUID,
    account_id: int,
    audience: str,
    kind: str | None,
    origin: str,
    message: str,
    hours: int,
    worker_ids: Sequence[UUID],
) -> None:
    """Store a message with its addressees, within the caller's transaction."""
    await conn.execute(
        """INSERT INTO worker_message (id, account_id, audience, kind, origin, message, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, now() + make_interval(hours => %s))""",
        (message_id, account_id, audience, kind, origin, message, hours),
    )
    await conn.execute(
        "INSERT INTO worker_message_addressee (message_id, worker_id) SELECT %s, unnest(%s::uuid[])",
        (message_id, list(worker_ids)),
    )


async def owners_of(conn: Connection, worker_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Whose the named workers are; those that do not exist are left out."""
    cursor = await conn.execute("SELECT id, account_id FROM worker WHERE id = ANY(%s)", (list(worker_ids),))
    return dict(await cursor.fetchall())


class Wanted(NamedTuple):
    """Which messages are asked for. `viewer_id` None: a moderator, who sees all."""

    viewer_id: int | None
    author_id: int | None
    worker_id: UUID | None
    validity: str  # active, expired, all


# Each part is read by an index in the order of time, and no further than the page: what others wrote costs nothing.
_PART = """(SELECT id, created_at FROM worker_message AS m WHERE {condition}
    AND (%(author_id)s::int IS NULL OR account_id = %(author_id)s)
    AND (%(worker_id)s::uuid IS NULL OR EXISTS (SELECT FROM worker_message_addressee AS a
                                               WHERE a.message_id = m.id AND a.worker_id = %(worker_id)s))
    AND CASE %(validity)s WHEN 'active' THEN expires_at > now() WHEN 'expired' THEN expires_at <= now() ELSE true END
    ORDER BY created_at DESC, id LIMIT %(until)s)"""
_TO_OWN_WORKERS = """id IN (SELECT message_id FROM worker_message_addressee
    WHERE worker_id IN (SELECT id FROM worker WHERE account_id = %(viewer_id)s))"""
_OF_AUTHOR = "account_id = %(author_id)s"
_OF_WORKER = "id IN (SELECT message_id FROM worker_message_addressee WHERE worker_id = %(worker_id)s)"


async def page(conn: Connection, wanted: Wanted, *, limit: int, offset: int) -> list[Message]:
    """Messages, the newest first."""
    if wanted.viewer_id is not None:
        conditions = ["account_id = %(viewer_id)s", "audience <> 'workers'", _TO_OWN_WORKERS]
    elif wanted.worker_id is not None:
        conditions = [_OF_WORKER]
    else:
        conditions = [_OF_AUTHOR if wanted.author_id is not None else "true"]
    found = " UNION ".join(_PART.format(condition=condition) for condition in conditions)
    values: dict[str, Any] = {**wanted._asdict(), "limit": limit, "offset": offset, "until": offset + limit}
    cursor = await conn.execute(
        f"""SELECT {_COLUMNS} FROM worker_message WHERE id IN (
                SELECT id FROM ({found}) AS seen ORDER BY created_at DESC, id LIMIT %(limit)s OFFSET %(offset)s)
            ORDER BY created_at DESC, id""".encode(),
        values,
    )
    return [Message(*row) for row in await cursor.fetchall()]


async def owns_addressee(conn: Connection, message_id: UUID, account_id: int) -> bool:
    """Whether a message is addressed to a worker of this account."""
    cursor = await conn.execute(
        """SELECT EXISTS (SELECT FROM worker_message_addressee JOIN worker ON worker.id = worker_id
                          WHERE message_id = %s AND worker.account_id = %s)""",
        (message_id, account_id),
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def remove(conn: Connection, message_id: UUID) -> bool:
    """Whether there was one to remove."""
    cursor = await conn.execute("DELETE FROM worker_message WHERE id = %s", (message_id,))
    return cursor.rowcount == 1


async def sweep(conn: Connection, *, batch: int = 1000) -> int:
    """Forget messages that expired long ago, at most so many; how many."""
    cursor = await conn.execute(
        """DELETE FROM worker_message WHERE id IN (
               SELECT id FROM worker_message WHERE expires_at < now() - make_interval(days => %s)
               ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)""",
        (KEPT_DAYS, batch),
    )
    return cursor.rowcount


async def forget_author(conn: Connection, account_id: int) -> None:
    """Remove all that an account wrote."""
    await conn.execute("DELETE FROM worker_message WHERE account_id = %s", (account_id,))
