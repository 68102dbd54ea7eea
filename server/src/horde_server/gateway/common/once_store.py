"""The SQL of calls that are made once (gateway.md §1.11)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection

KEPT = "interval '24 hours'"
_ABANDONED = "interval '60 seconds'"
"""After which a call that has made no request yet is taken for dead."""


class MadeCall(NamedTuple):
    """A call that came first."""

    body_hash: bytes
    request_id: UUID | None


async def claim(conn: Connection, key_hash: bytes, body_hash: bytes) -> datetime | None:
    """Since when this call is the first, which makes the request; None: it is not."""
    cursor = await conn.execute(
        f"""INSERT INTO gateway_call (key_hash, body_hash) VALUES (%(key)s, %(body)s)
            ON CONFLICT (key_hash) DO UPDATE SET body_hash = %(body)s, request_id = NULL, made_at = now()
            WHERE gateway_call.made_at < now() - {KEPT}
               OR (gateway_call.request_id IS NULL AND gateway_call.made_at < now() - {_ABANDONED})
            RETURNING made_at""",
        {"key": key_hash, "body": body_hash},
    )
    row = await cursor.fetchone()
    return row[0] if row is not None else None


async def find(conn: Connection, key_hash: bytes) -> MadeCall | None:
    """The call that came first."""
    cursor = await conn.execute("SELECT body_hash, request_id FROM gateway_call WHERE key_hash = %s", (key_hash,))
    row = await cursor.fetchone()
    return MadeCall(bytes(row[0]), row[1]) if row is not None else None


async def made(conn: Connection, key_hash: bytes, claimed_at: datetime, request_id: UUID) -> bool:
    """Its request is there. False: it was taken for dead, and another call is the first."""
    cursor = await conn.execute(
        "UPDATE gateway_call SET request_id = %s WHERE key_hash = %s AND made_at = %s AND request_id IS NULL",
        (request_id, key_hash, claimed_at),
    )
    return cursor.rowcount > 0


async def give_up(conn: Connection, key_hash: bytes, claimed_at: datetime) -> None:
    """A call that makes no request, while it is the first."""
    await conn.execute("DELETE FROM gateway_call WHERE key_hash = %s AND made_at = %s", (key_hash, claimed_at))


async def forget(conn: Connection, key_hash: bytes, request_id: UUID) -> None:
    """A call whose request is gone."""
    await conn.execute("DELETE FROM gateway_call WHERE key_hash = %s AND request_id = %s", (key_hash, request_id))


async def sweep(conn: Connection) -> None:
    """Remove what nobody repeats any more."""
    await conn.execute(f"DELETE FROM gateway_call WHERE made_at < now() - {KEPT}")
