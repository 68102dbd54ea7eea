"""The SQL of keys as their owners see and change them. Who holds one: `identity/store.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.kudos.key_budget_store import UTC_DAY

KEPT_DAYS = 90
"""So long a key is kept after its end, for what the audit trail tells of it."""


class StoredKey(NamedTuple):
    """A key that was not revoked, with what it has spent so far."""

    id: int
    account_id: int
    username: str
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    has_ended: bool
    old_key_until: datetime | None
    models: list[str] | None
    networks: list[str] | None
    budget_hundredths: int | None
    daily_hundredths: int | None
    spent_hundredths: int
    spent_today_hundredths: int
    shared_id: UUID | None
    max_image_pixels: int | None
    max_image_steps: int | None
    max_text_tokens: int | None


_TODAY = UTC_DAY.format("now()")
_FOUND = f"""
WITH found AS (
    SELECT * FROM api_key WHERE {{which}} AND revoked_at IS NULL
), unfolded AS (
    SELECT key_id, sum(amount_hundredths)::bigint AS amount,
           (sum(amount_hundredths) FILTER (WHERE {UTC_DAY.format("created_at")} = {_TODAY}))::bigint AS of_today
    FROM ledger_inbox WHERE key_id IN (SELECT id FROM found) GROUP BY key_id
)
SELECT found.id, account_id, account.username, name, scopes, found.created_at, last_used_at, expires_at,
       coalesce(expires_at <= now(), false), CASE WHEN old_hash_until > now() THEN old_hash_until END, models, networks,
       budget_hundredths, daily_hundredths, spent_hundredths + coalesce(unfolded.amount, 0),
       CASE WHEN spent_on = {_TODAY} THEN spent_today_hundredths ELSE 0 END + coalesce(unfolded.of_today, 0),
       shared_id, max_image_pixels, max_image_steps, max_text_tokens
FROM found JOIN account ON account.id = account_id LEFT JOIN unfolded ON key_id = found.id
ORDER BY found.id"""
_LIVE: LiteralString = "(expires_at IS NULL OR expires_at > now())"


async def list_own(conn: Connection, account_id: int) -> list[StoredKey]:
    """The keys of an account that are good, without those that it shares; the oldest first."""
    which = f"account_id = %s AND shared_id IS NULL AND {_LIVE}"
    cursor = await conn.execute(_FOUND.format(which=which).encode(), (account_id,))
    return [StoredKey(*row) for row in await cursor.fetchall()]


async def find_own(conn: Connection, account_id: int, key_id: int) -> StoredKey | None:
    """One of them."""
    which = f"id = %s AND account_id = %s AND shared_id IS NULL AND {_LIVE}"
    cursor = await conn.execute(_FOUND.format(which=which).encode(), (key_id, account_id))
    row = await cursor.fetchone()
    return StoredKey(*row) if row else None


async def find_shared(conn: Connection, shared_id: UUID) -> StoredKey | None:
    """The shared key with this id, also one that has expired."""
    cursor = await conn.execute(_FOUND.format(which="shared_id = %s").encode(), (shared_id,))
    row = await cursor.fetchone()
    return StoredKey(*row) if row else None


async def count_shared(conn: Connection, account_id: int) -> int:
    """How many shared keys an account has."""
    cursor = await conn.execute(
        "SELECT count(*) FROM api_key WHERE account_id = %s AND revoked_at IS NULL AND shared_id IS NOT NULL",
        (account_id,),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def forget_ended(conn: Connection, account_id: int) -> None:
    """Remove an account's keys that ended long ago."""
    await conn.execute(
        """DELETE FROM api_key WHERE account_id = %(account_id)s
               AND (revoked_at < now() - make_interval(days => %(days)s)
                    OR (shared_id IS NULL AND expires_at < now() - make_interval(days => %(days)s)))""",
        {"account_id": account_id, "days": KEPT_DAYS},
    )


async def change(conn: Connection, key_id: int, columns: Mapping[str, Any]) -> None:
    """Set columns of a key, named by the code; `expires_in`, an interval in seconds, sets when it ends."""
    assignments = ", ".join(
        "expires_at = now() + make_interval(secs => %(expires_in)s::float8)"
        if name == "expires_in"
        else f"{name} = %({name})s"
        for name in columns
    )
    if assignments:
        await conn.execute(
            f"UPDATE api_key SET {assignments} WHERE id = %(key_id)s".encode(), {**columns, "key_id": key_id}
        )


async def rotate(conn: Connection, key_id: int, key_hash: bytes, *, overlap_hours: int) -> None:
    """Replace a key, for nodes of the release before too; the one before is good for so many hours more."""
    cursor = await conn.execute("SELECT account_id, hash FROM api_key WHERE id = %s FOR UPDATE", (key_id,))
    account_id, old_hash = await cursor.fetchone() or (None, None)
    await conn.execute(
        """UPDATE api_key SET hash = %(hash)s, old_hash = CASE WHEN %(hours)s > 0 THEN hash END,
               old_hash_until = CASE WHEN %(hours)s > 0 THEN now() + make_interval(hours => %(hours)s) END
           WHERE id = %(id)s""",
        {"hash": key_hash, "hours": overlap_hours, "id": key_id},
    )
    await conn.execute(
        "UPDATE account SET api_key_hash = %s WHERE id = %s AND api_key_hash = %s", (key_hash, account_id, old_hash)
    )


async def revoke(conn: Connection, key_id: int) -> None:
    """End a key, and what it was before it was rotated."""
    await conn.execute("UPDATE api_key SET revoked_at = now(), old_hash_until = NULL WHERE id = %s", (key_id,))
