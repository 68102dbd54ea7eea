"""The SQL of undoing changes of accounts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from psycopg.rows import dict_row

from horde_server.database.pool import Connection


async def lock_columns(conn: Connection, account_id: int, names: Collection[str]) -> dict[str, Any] | None:
    """Columns of an account, named by the code, which nobody else changes until the caller's transaction ends."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            f"SELECT {', '.join(sorted(names))} FROM account WHERE id = %s FOR UPDATE".encode(), (account_id,)
        )
        return await cursor.fetchone()


async def unmark_deleted(conn: Connection, account_id: int) -> bool:
    """Take a mark for deletion back; False when there is none, or the account was wiped."""
    cursor = await conn.execute(
        """UPDATE account SET deleted = false, deleted_at = NULL
           WHERE id = %s AND deleted AND wiped_at IS NULL""",
        (account_id,),
    )
    return cursor.rowcount == 1
