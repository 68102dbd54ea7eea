"""The SQL of invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.registration.grants import Grants

PAGE: Final = 50
"""Invitations that are listed at a time."""
_REMEMBERED = "30 days"
"""For so long after its end an invitation is still listed."""

_GOOD = "revoked_at IS NULL AND expires_at > now() AND used < uses"
_ROW = "id, made_by, created_at, expires_at, revoked_at, uses, used, note, roles, kudos, concurrency, worker_invited"


class Invitation(NamedTuple):
    """An invitation as it is; its code is kept nowhere."""

    id: UUID
    made_by: int | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    uses: int
    used: int
    note: str | None
    grants: Grants
    is_good: bool


class Used(NamedTuple):
    """One use of an invitation, counted."""

    id: UUID
    grants: Grants


async def add(
    conn: Connection,
    invitation_id: UUID,
    code_hash: bytes,
    *,
    made_by: int | None,
    lasts_s: int,
    uses: int,
    note: str | None,
    grants: Grants,
) -> None:
    """Store a new invitation."""
    await conn.execute(
        """INSERT INTO invitation (id, code_hash, made_by, expires_at, uses, note, roles, kudos, concurrency,
                                   worker_invited)
           VALUES (%s, %s, %s, now() + make_interval(secs => %s), %s, %s, %s, %s, %s, %s)""",
        (
            invitation_id,
            code_hash,
            made_by,
            lasts_s,
            uses,
            note,
            sorted(grants.roles),
            grants.kudos,
            grants.concurrency,
            grants.worker_invited,
        ),
    )


async def use(conn: Connection, code_hash: bytes) -> Used | None:
    """Count one use in the caller's transaction; None where there is none left."""
    cursor = await conn.execute(
        # of many at once each waits for the row, and looks at the count that the one before it has left
        f"""UPDATE invitation SET used = used + 1 WHERE code_hash = %s AND {_GOOD}
            RETURNING id, roles, kudos, concurrency, worker_invited""",
        (code_hash,),
    )
    row = await cursor.fetchone()
    return Used(row[0], _grants(*row[1:])) if row else None


async def give_back(conn: Connection, invitation_id: UUID) -> None:
    """Take back one use, of which nothing came."""
    await conn.execute("UPDATE invitation SET used = used - 1 WHERE id = %s AND used > 0", (invitation_id,))


async def find(conn: Connection, invitation_id: UUID) -> Invitation | None:
    """The invitation with this id."""
    cursor = await conn.execute(f"SELECT {_ROW}, {_GOOD} FROM invitation WHERE id = %s", (invitation_id,))
    row = await cursor.fetchone()
    return _invitation(*row) if row else None


async def listed(conn: Connection, page: int) -> list[Invitation]:
    """Invitations that may still be used, or ended lately; the newest first."""
    cursor = await conn.execute(
        f"SELECT {_ROW}, {_GOOD} FROM invitation ORDER BY created_at DESC, id LIMIT {PAGE} OFFSET %s",
        ((page - 1) * PAGE,),
    )
    return [_invitation(*row) for row in await cursor.fetchall()]


async def revoke(conn: Connection, invitation_id: UUID) -> bool:
    """End an invitation; False: there is none that has not ended."""
    cursor = await conn.execute(
        "UPDATE invitation SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL", (invitation_id,)
    )
    return cursor.rowcount == 1


async def forget_old(conn: Connection) -> int:
    """Remove what ended long ago; how many."""
    cursor = await conn.execute(f"DELETE FROM invitation WHERE expires_at < now() - interval '{_REMEMBERED}'")
    return cursor.rowcount


def _grants(roles: list[str], kudos: int, concurrency: int | None, worker_invited: int) -> Grants:
    return Grants(frozenset(roles), kudos, concurrency, worker_invited)


def _invitation(  # the columns of `_ROW`
    invitation_id: UUID,
    made_by: int | None,
    created_at: datetime,
    expires_at: datetime,
    revoked_at: datetime | None,
    uses: int,
    used: int,
    note: str | None,
    roles: list[str],
    kudos: int,
    concurrency: int | None,
    worker_invited: int,
    is_good: bool,
) -> Invitation:
    grants = _grants(roles, kudos, concurrency, worker_invited)
    return Invitation(invitation_id, made_by, created_at, expires_at, revoked_at, uses, used, note, grants, is_good)
