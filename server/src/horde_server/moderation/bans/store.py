"""The SQL of bans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation

from horde_server.database.pool import Connection
from horde_server.http.networks import Network

MOST_MIRRORED = 20_000
"""A node reads them all anew every few seconds; the newest come first."""


class Banned(NamedTuple):
    """Who or what is banned: one of the three."""

    account_id: int | None = None
    worker_name: str | None = None
    """In the form in which names are compared."""
    network: Network | None = None


class Ban(NamedTuple):
    """A ban as it stands. `ends_at`: None, for good. `left_s` by the database's clock."""

    id: int
    account_id: int | None
    worker_name: str | None
    network: Network | None
    reason: str | None
    made_by: int | None
    created_at: datetime
    ends_at: datetime | None
    lifted_at: datetime | None
    left_s: float | None
    is_in_force: bool

    def values(self) -> dict[str, Any]:
        """What the audit trail keeps of it. Of a network it keeps only that it is one: addresses stand with the ban."""
        whom = {"account": self.account_id, "worker_name": self.worker_name, "is_network": self.network is not None}
        kept = {**whom, "reason": self.reason, "ends": self.ends_at.isoformat() if self.ends_at else None}
        return {name: value for name, value in kept.items() if value}


_IN_FORCE = "lifted_at IS NULL AND (ends_at IS NULL OR ends_at > now())"
_BANS = f"""SELECT id, account_id, worker_name, network, reason, made_by, created_at, ends_at, lifted_at,
    extract(epoch FROM ends_at - now())::float8, {_IN_FORCE} FROM ban"""


async def in_force(conn: Connection) -> list[Ban]:
    """All in force, the newest first, as many as a node holds in memory."""
    cursor = await conn.execute(f"{_BANS} WHERE {_IN_FORCE} ORDER BY id DESC LIMIT {MOST_MIRRORED}")
    return [Ban(*row) for row in await cursor.fetchall()]


async def find(conn: Connection, ids: Sequence[int]) -> list[Ban]:
    """Those of the bans that there are, in force or not."""
    cursor = await conn.execute(f"{_BANS} WHERE id = ANY(%s)", (list(ids),))
    return [Ban(*row) for row in await cursor.fetchall()]


async def listed(conn: Connection, *, before: int | None, is_past_too: bool, limit: int) -> list[Ban]:
    """The newest older than the one with this number; those that are over or were lifted only if wanted."""
    where = "id < coalesce(%s, 9223372036854775807)" + ("" if is_past_too else f" AND {_IN_FORCE}")
    cursor = await conn.execute(f"{_BANS} WHERE {where} ORDER BY id DESC LIMIT %s".encode(), (before, limit))
    return [Ban(*row) for row in await cursor.fetchall()]


async def lock(conn: Connection, ban_id: int) -> Ban | None:
    """The ban, which nobody else changes until the caller's transaction ends."""
    cursor = await conn.execute(f"{_BANS} WHERE id = %s FOR UPDATE", (ban_id,))
    row = await cursor.fetchone()
    return Ban(*row) if row else None


async def lock_same(conn: Connection, banned: Banned) -> Ban | None:
    """The ban of the same that is in force. One that is over makes room for another."""
    ((column, value),) = [each for each in banned._asdict().items() if each[1] is not None]
    is_same = f"{column} = %s AND lifted_at IS NULL"
    await conn.execute(f"UPDATE ban SET lifted_at = ends_at WHERE {is_same} AND ends_at <= now()".encode(), (value,))
    cursor = await conn.execute(f"{_BANS} WHERE {is_same} FOR UPDATE".encode(), (value,))
    row = await cursor.fetchone()
    return Ban(*row) if row else None


async def add(conn: Connection, banned: Banned, *, reason: str | None, seconds: int | None, made_by: int | None) -> int:
    """A new ban; its number. Raises psycopg's `UniqueViolation` and `ForeignKeyViolation`."""
    cursor = await conn.execute(
        """INSERT INTO ban (account_id, worker_name, network, reason, made_by, ends_at)
           VALUES (%(account_id)s, %(worker_name)s, %(network)s, %(reason)s, %(made_by)s,
                   now() + make_interval(secs => %(seconds)s)) RETURNING id""",
        {**banned._asdict(), "reason": reason, "seconds": seconds, "made_by": made_by},
    )
    row = await cursor.fetchone()
    assert row is not None  # INSERT … RETURNING
    return int(row[0])


async def lift(conn: Connection, ban_id: int) -> None:
    """End a ban."""
    await conn.execute("UPDATE ban SET lifted_at = now() WHERE id = %s", (ban_id,))


async def restore(conn: Connection, ban_id: int) -> bool:
    """Put a lifted ban back into force; False when it is over, is not lifted, or there is another of the same."""
    try:
        async with conn.transaction():
            cursor = await conn.execute(
                """UPDATE ban SET lifted_at = NULL
                   WHERE id = %s AND lifted_at IS NOT NULL AND (ends_at IS NULL OR ends_at > now())""",
                (ban_id,),
            )
    except UniqueViolation:
        return False
    return cursor.rowcount == 1
