"""The SQL of users: made, shown, changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from psycopg.rows import dict_row

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


async def find(conn: Connection, account_id: int) -> dict[str, Any] | None:
    """All columns of an account."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT * FROM account WHERE id = %s", (account_id,))
        return await cursor.fetchone()


async def workers_of(conn: Connection, account_id: int) -> list[UUID]:
    """An account's workers, the oldest first."""
    cursor = await conn.execute("SELECT id FROM worker WHERE account_id = %s ORDER BY created_at", (account_id,))
    return [row[0] for row in await cursor.fetchall()]


async def records_of(conn: Connection, account_id: int) -> dict[tuple[str, str], float]:
    """What the fold counted of an account, by record and domain."""
    cursor = await conn.execute("SELECT record, domain, value FROM account_record WHERE account_id = %s", (account_id,))
    return {(record, domain): value for record, domain, value in await cursor.fetchall()}


# ---------------------------------------------------------------- changes


class ChangedAccount(NamedTuple):
    """An account as it is before it is changed."""

    kind: str
    concurrency: int
    deleted: bool
    trusted: bool


async def lock(conn: Connection, account_id: int) -> ChangedAccount | None:
    """The account, which nobody else changes until the caller's transaction ends."""
    cursor = await conn.execute(
        "SELECT kind, concurrency, deleted, trusted FROM account WHERE id = %s FOR UPDATE", (account_id,)
    )
    row = await cursor.fetchone()
    return ChangedAccount(*row) if row else None


async def change(conn: Connection, account_id: int, columns: Mapping[str, Any]) -> None:
    """Set columns of an account, named by the code."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    await conn.execute(
        f"UPDATE account SET {assignments} WHERE id = %(account_id)s".encode(), {**columns, "account_id": account_id}
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
