"""The SQL of registrations: accounts made, counted by where they came from."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.registration.addresses import Whence
from horde_server.registration.grants import ROLES, Grants

_COLUMNS = (*ROLES, "concurrency", "worker_invited")
_ADD_ACCOUNT = f"""
INSERT INTO account (username, kind, external_id, api_key_hash, approved_at, {", ".join(_COLUMNS)})
VALUES (%(username)s, %(kind)s, %(external_id)s, %(key_hash)s, CASE WHEN %(is_approved)s THEN now() END,
        {", ".join(f"%({name})s" for name in _COLUMNS)})
ON CONFLICT (external_id) DO NOTHING
RETURNING id"""

RECENT = """
SELECT count(*) FILTER (WHERE household = %(household)s AND created_at > now() - interval '1 hour'),
       count(*) FILTER (WHERE household = %(household)s),
       count(*) FILTER (WHERE site = %(site)s AND created_at > now() - interval '1 hour'),
       count(*) FILTER (WHERE site = %(site)s),
       coalesce(extract(epoch FROM min(created_at) FILTER (WHERE created_at > now() - interval '1 hour')
                                   + interval '1 hour' - now())::float8, 0),
       coalesce(extract(epoch FROM min(created_at) + interval '1 day' - now())::float8, 0)
FROM registration
WHERE (household = %(household)s OR site = %(site)s) AND created_at > now() - interval '1 day'"""


class Recent(NamedTuple):
    """Accounts that were made from one place lately, and in how many seconds the oldest of the hour and day is old."""

    household_hour: int
    household_day: int
    site_hour: int
    site_day: int
    hour_left_s: float
    day_left_s: float


async def add_account(
    conn: Connection,
    username: str,
    *,
    kind: str,
    external_id: str | None,
    key_hash: bytes | None,
    is_approved: bool,
    grants: Grants,
) -> int | None:
    """Store a new account; its number. None: there is one with this `external_id` already."""
    cursor = await conn.execute(
        # of the key the trigger of migration 0014 makes the row
        _ADD_ACCOUNT,
        {
            "username": username,
            "kind": kind,
            "external_id": external_id,
            "key_hash": key_hash,
            "is_approved": is_approved,
            **grants.columns(),
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else None


async def add_registration(
    conn: Connection, account_id: int, *, way: str, invitation_id: UUID | None, waits: bool, counted: Whence | None
) -> None:
    """Note how an account came. `waits`: for a moderator; `counted`: where it counts against the limits."""
    await conn.execute(
        """INSERT INTO registration (account_id, way, invitation_id, waits, household, site)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (account_id, way, invitation_id, waits, counted and counted.household, counted and counted.site),
    )


async def lock_site(conn: Connection, place: Whence) -> None:
    """Let registrations from one network take turns, until the caller's transaction ends."""
    key = int.from_bytes(place.site[:8], "big", signed=True)
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (key,))


async def recent(conn: Connection, place: Whence) -> Recent:
    """What was made from there within a day."""
    cursor = await conn.execute(RECENT, {"household": place.household, "site": place.site})
    row = await cursor.fetchone()
    assert row is not None  # an aggregate
    return Recent(*row)


async def find_by_external_id(conn: Connection, external_id: str) -> tuple[int, bool] | None:
    """The account of somebody whom a provider knows: its number, and whether its registration was refused."""
    cursor = await conn.execute(
        """SELECT account.id, registration.refused_at IS NOT NULL
           FROM account LEFT JOIN registration ON registration.account_id = account.id
           WHERE external_id = %s""",
        (external_id,),
    )
    row: tuple[int, bool] | None = await cursor.fetchone()
    return row


async def forget_addresses(conn: Connection) -> int:
    """Empty what is kept of addresses, where it counts no more; of how many registrations."""
    cursor = await conn.execute(
        """UPDATE registration SET household = NULL, site = NULL
           WHERE created_at < now() - interval '1 day' AND (household IS NOT NULL OR site IS NOT NULL)"""
    )
    return cursor.rowcount
