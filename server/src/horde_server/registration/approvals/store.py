"""The SQL of approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from horde_server.database.pool import Connection

PAGE: Final = 50
"""Registrations that are listed at a time."""
WAITING: Final = f"""
SELECT account_id, username, registration.created_at, way
FROM registration JOIN account ON account.id = account_id
WHERE waits ORDER BY account_id LIMIT {PAGE} OFFSET %s"""


class Waiting(NamedTuple):
    """An account that waits for a moderator."""

    id: int
    username: str
    created_at: datetime
    way: str

    @property
    def alias(self) -> str:
        """The unique name: `username#id`."""
        return f"{self.username}#{self.id}"


async def waiting(conn: Connection, page: int) -> list[Waiting]:
    """Accounts that nobody has decided about, the oldest first."""
    cursor = await conn.execute(WAITING, ((page - 1) * PAGE,))
    return [Waiting(*row) for row in await cursor.fetchall()]


async def approve(conn: Connection, account_id: int) -> str | None:
    """Approve an account that waits, or was refused; its name. None: there is no such account."""
    cursor = await conn.execute(
        "UPDATE account SET approved_at = now() WHERE id = %s AND approved_at IS NULL RETURNING username", (account_id,)
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    await conn.execute("UPDATE registration SET waits = false, refused_at = NULL WHERE account_id = %s", (account_id,))
    return str(row[0])


async def refuse(conn: Connection, account_id: int) -> str | None:
    """Refuse an account that waits: its keys end, and no provider signs it in. Its name; None: no such one waits."""
    cursor = await conn.execute(
        """WITH refused AS (
               UPDATE registration SET waits = false, refused_at = now()
               FROM account WHERE account.id = account_id AND account_id = %s AND waits
               RETURNING account_id, username
           ), without_keys AS (
               UPDATE api_key SET revoked_at = now() FROM refused
               WHERE api_key.account_id = refused.account_id AND revoked_at IS NULL
           )
           SELECT username FROM refused""",
        (account_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    await conn.execute("UPDATE account SET api_key_hash = NULL WHERE id = %s", (account_id,))  # migration 0014
    return str(row[0])
