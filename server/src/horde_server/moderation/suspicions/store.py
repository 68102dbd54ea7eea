"""The SQL of the list of suspicions."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection


class SuspectRow(NamedTuple):
    """An account or a worker that is suspected. `owner` and what follows: of workers only."""

    id: int | UUID
    name: str
    suspicions: list[int]
    trusted: bool
    owner: str | None = None
    paused: bool | None = None
    paused_reason: str | None = None


async def accounts(conn: Connection, *, after: int, at_least: int, limit: int) -> list[SuspectRow]:
    """Accounts against which something is noted, by their numbers."""
    cursor = await conn.execute(
        """SELECT id, username || '#' || id, suspicions, trusted FROM account
           WHERE suspicions <> '{}' AND id > %s AND cardinality(suspicions) >= %s ORDER BY id LIMIT %s""",
        (after, at_least, limit),
    )
    return [SuspectRow(*row) for row in await cursor.fetchall()]


async def workers(conn: Connection, *, after: UUID, at_least: int, limit: int) -> list[SuspectRow]:
    """Workers against which something is noted, by their ids."""
    cursor = await conn.execute(
        """SELECT worker.id, worker.name, worker.suspicions, account.trusted, account.username || '#' || account.id,
                  worker.paused, worker.paused_reason
           FROM worker JOIN account ON account.id = worker.account_id
           WHERE worker.suspicions <> '{}' AND worker.id > %s AND cardinality(worker.suspicions) >= %s
           ORDER BY worker.id LIMIT %s""",
        (after, at_least, limit),
    )
    return [SuspectRow(*row) for row in await cursor.fetchall()]
