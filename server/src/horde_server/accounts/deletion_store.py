"""The SQL of deletion: marked, taken back, wiped."""

from __future__ import annotations

from typing import Final, NamedTuple

from horde_server.database.pool import Connection

WIPED_NAME: Final = "<wiped>"
_LAST_SEEN = "coalesce(account.last_active_at, account.created_at)"


class Deletable(NamedTuple):
    """An account as deleting it looks at it."""

    is_moderator: bool
    is_marked: bool
    inactive_s: float


async def find(conn: Connection, account_id: int) -> Deletable | None:
    """The account, unless it was wiped."""
    cursor = await conn.execute(
        f"""SELECT moderator, deleted, extract(epoch FROM now() - {_LAST_SEEN})::float8
            FROM account WHERE id = %s AND wiped_at IS NULL""",
        (account_id,),
    )
    row = await cursor.fetchone()
    return Deletable(*row) if row else None


async def mark(conn: Connection, account_id: int) -> bool:
    """Mark an account for deletion; False when it was already."""
    cursor = await conn.execute(
        "UPDATE account SET deleted = true, deleted_at = now() WHERE id = %s AND NOT deleted", (account_id,)
    )
    return cursor.rowcount == 1


async def due(conn: Connection, *, after_days: int, most: int) -> list[int]:
    """Accounts that were marked, and not active, for so many days; those first that were marked first."""
    cursor = await conn.execute(
        f"""SELECT id FROM account
            WHERE deleted AND wiped_at IS NULL AND deleted_at < now() - make_interval(days => %(days)s)
              AND {_LAST_SEEN} < now() - make_interval(days => %(days)s)
            ORDER BY deleted_at LIMIT %(most)s""",
        {"days": after_days, "most": most},
    )
    return [row[0] for row in await cursor.fetchall()]


async def lock_to_wipe(conn: Connection, account_id: int) -> bool:
    """Keep others from an account and its workers; False when it is not marked any more, or was wiped before.

    Workers before their owner, and the owner before its keys, as everybody locks them.
    """
    await conn.execute("SELECT FROM worker WHERE account_id = %s ORDER BY id FOR UPDATE", (account_id,))
    cursor = await conn.execute(
        "SELECT FROM account WHERE id = %s AND deleted AND wiped_at IS NULL FOR NO KEY UPDATE", (account_id,)
    )
    return cursor.rowcount == 1


async def wipe(conn: Connection, account_id: int) -> None:
    """Leave of an account, which the caller locked, its number and what the books need."""
    await conn.execute(
        """UPDATE account SET wiped_at = now(), username = %s, external_id = NULL, api_key_hash = NULL, contact = NULL,
               admin_comment = NULL, proxy_passkey = NULL, public_workers = false, worker_invited = 0,
               monthly_kudos = 0, monthly_kudos_last_received = NULL, usage_multiplier = 1, moderator = false,
               trusted = false, customizer = false, vpn = false, service = false, education = false, special = false,
               suspicions = '{}', model_aliases = '{}'
           WHERE id = %s""",
        (WIPED_NAME, account_id),
    )
    await conn.execute("DELETE FROM account_rank WHERE account_id = %s", (account_id,))
