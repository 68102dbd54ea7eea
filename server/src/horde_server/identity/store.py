"""The SQL of who calls: accounts by number and by key, for the directory that remembers them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from horde_server.database.pool import Connection

AccountRow: TypeAlias = tuple[Any, ...]
"""The columns of `directory.Account`, in its order, less what the settings say of it."""

_COLUMNS = """account.id, username, kind, concurrency, worker_invited, moderator, trusted, flagged, customizer, vpn,
    service, education, special, deleted,
    coalesce((SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = 2 * account.id), 0)"""


async def find_accounts(conn: Connection, ids: Collection[int]) -> list[AccountRow]:
    """Those of the accounts that exist."""
    cursor = await conn.execute(f"SELECT {_COLUMNS} FROM account WHERE id = ANY(%s)", (list(ids),))
    return await cursor.fetchall()


async def find_account(conn: Connection, account_id: int) -> AccountRow | None:
    """The account with this number, unless it was wiped."""
    cursor = await conn.execute(f"SELECT {_COLUMNS} FROM account WHERE id = %s AND wiped_at IS NULL", (account_id,))
    return await cursor.fetchone()


async def find_holder(conn: Connection, key_hash: bytes) -> tuple[int, str, list[str], AccountRow] | None:
    """Number, name and scopes of a key that is good now, with its account."""
    cursor = await conn.execute(
        f"""SELECT api_key.id, api_key.name, api_key.scopes, {_COLUMNS}
            FROM api_key JOIN account ON account.id = api_key.account_id
            WHERE hash = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())""",
        (key_hash,),
    )
    row = await cursor.fetchone()
    return (*row[:3], row[3:]) if row else None
