"""The SQL of users: made, shown, changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, LiteralString

from psycopg.rows import dict_row
from psycopg.types.json import Json

from horde_server.database.pool import Connection


async def has_accounts(conn: Connection) -> bool:
    """Whether there is any account but the horde's own, Anonymous."""
    return await (await conn.execute("SELECT 1 FROM account WHERE id > 0 LIMIT 1")).fetchone() is not None


async def has_key(conn: Connection, key_hash: bytes) -> bool:
    """Whether any account has this key."""
    cursor = await conn.execute("SELECT 1 FROM api_key WHERE hash = %s AND revoked_at IS NULL", (key_hash,))
    return await cursor.fetchone() is not None


async def first_of(conn: Connection, ids: Collection[int]) -> int | None:
    """The lowest of these numbers that an account has."""
    return await _number(conn, "id = ANY(%s)", list(ids))


async def first_moderator(conn: Connection) -> int | None:
    """The moderator with the lowest number."""
    return await _number(conn, "moderator AND id > %s", 0)


async def _number(conn: Connection, which: LiteralString, value: object) -> int | None:
    cursor = await conn.execute(f"SELECT min(id) FROM account WHERE {which}", (value,))
    row = await cursor.fetchone()
    return row[0] if row else None


async def name_of(conn: Connection, account_id: int) -> str | None:
    """An account's name without its number."""
    cursor = await conn.execute("SELECT username FROM account WHERE id = %s", (account_id,))
    row = await cursor.fetchone()
    return str(row[0]) if row else None


async def add_or_renew(
    conn: Connection,
    username: str,
    *,
    external_id: str | None,
    key_hash: bytes,
    moderator: bool,
    trusted: bool,
    customizer: bool,
) -> tuple[int, bool]:
    """Store a new account, or give the one with this `external_id` another key and roles: number, whether it is new."""
    cursor = await conn.execute(
        # the hash stands here too as long as nodes may run that know no other place (migration 0014)
        """INSERT INTO account (username, external_id, api_key_hash, moderator, trusted, customizer)
           VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (external_id) DO UPDATE SET username = excluded.username,
               api_key_hash = excluded.api_key_hash, moderator = excluded.moderator, trusted = excluded.trusted
           RETURNING id, (xmax = 0)""",
        (username, external_id, key_hash, moderator, trusted, customizer),
    )
    row: tuple[int, bool] | None = await cursor.fetchone()
    assert row is not None  # INSERT … ON CONFLICT DO UPDATE always returns its row
    return row


# ---------------------------------------------------------------- what the API shows

_SHOWN = """account.id, username, kind, created_at, contact, model_aliases, admin_comment, concurrency, worker_invited,
    public_workers, monthly_kudos, monthly_kudos_last_received, moderator, trusted, flagged, customizer, vpn, service,
    education, special, deleted, cardinality(suspicions) AS suspicious,
    ARRAY(SELECT worker.id FROM worker WHERE account_id = account.id ORDER BY worker.created_at) AS worker_ids"""


async def find_shown(conn: Connection, account_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What is shown of those of the accounts that exist, by number. Wiped ones do not."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"SELECT {_SHOWN} FROM account WHERE id = ANY(%s) AND wiped_at IS NULL", (list(account_ids),)
        )
        return {row["id"]: row for row in await cursor.fetchall()}


async def records_of(conn: Connection, account_ids: Sequence[int]) -> dict[int, dict[tuple[str, str], float]]:
    """What the fold counted of accounts, by account, record and domain."""
    cursor = await conn.execute(
        "SELECT account_id, record, domain, value FROM account_record WHERE account_id = ANY(%s)", (list(account_ids),)
    )
    found: dict[int, dict[tuple[str, str], float]] = {}
    for account_id, record, domain, value in await cursor.fetchall():
        found.setdefault(account_id, {})[record, domain] = value
    return found


# ---------------------------------------------------------------- changes


async def lock(conn: Connection, account_id: int, *, with_workers: bool = False) -> dict[str, Any] | None:
    """All columns of an account, which nobody else changes until the caller's transaction ends.

    `with_workers`: its workers are to be changed too. They are locked before their owner, as everybody locks them.
    """
    if with_workers:
        await conn.execute("SELECT FROM worker WHERE account_id = %s ORDER BY id FOR UPDATE", (account_id,))
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT * FROM account WHERE id = %s AND wiped_at IS NULL FOR UPDATE", (account_id,))
        return await cursor.fetchone()


async def change(conn: Connection, account_id: int, columns: Mapping[str, Any]) -> None:
    """Set columns of an account, named by the code."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    values = {name: Json(value) if isinstance(value, dict) else value for name, value in columns.items()}
    await conn.execute(
        f"UPDATE account SET {assignments} WHERE id = %(account_id)s".encode(), {**values, "account_id": account_id}
    )


async def clear_workers(conn: Connection, account_id: int) -> None:
    """Forget the suspicions against an account's workers."""
    await conn.execute("UPDATE worker SET suspicions = '{}' WHERE account_id = %s", (account_id,))


async def free_workers(conn: Connection, account_id: int) -> None:
    """Let an account's paused workers serve again."""
    await conn.execute("UPDATE worker SET paused = false WHERE account_id = %s", (account_id,))


async def change_monthly_kudos(conn: Connection, account_id: int, change: int) -> int:
    """Raise or lower the monthly kudos, to 0 at least; what they are now. The first rise counts as received now."""
    cursor = await conn.execute(
        """UPDATE account SET monthly_kudos = greatest(monthly_kudos + %(change)s, 0),
               monthly_kudos_last_received = CASE WHEN %(change)s > 0 THEN coalesce(monthly_kudos_last_received, now())
                                                  ELSE monthly_kudos_last_received END
           WHERE id = %(id)s RETURNING monthly_kudos""",
        {"change": change, "id": account_id},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
