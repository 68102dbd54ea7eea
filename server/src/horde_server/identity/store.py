"""The SQL of who calls: accounts by number and by key, for the directory that remembers them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from horde_server.database.pool import Connection

AccountRow: TypeAlias = tuple[Any, ...]
"""The columns of `directory.Account`, in its order, less what the settings say of it."""

_COLUMNS = """account.id, username, kind, concurrency, worker_invited, moderator, trusted, flagged, customizer, vpn,
    service, education, special, deleted, approved_at IS NOT NULL, model_aliases,
    coalesce((SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = 2 * account.id), 0)"""


async def find_accounts(conn: Connection, ids: Collection[int]) -> list[AccountRow]:
    """Those of the accounts that exist, with their balances as far as they are folded."""
    cursor = await conn.execute(f"SELECT {_COLUMNS} FROM account WHERE id = ANY(%s)", (list(ids),))
    return await cursor.fetchall()


async def find_moving(conn: Connection, ids: Collection[int]) -> list[AccountRow]:
    """The same with what is not folded yet. Reads the whole inbox, once for all of them: not for every call."""
    cursor = await conn.execute(
        f"""WITH arriving AS (
                SELECT ledger_account, sum(change)::bigint AS hundredths FROM (
                    SELECT payee AS ledger_account, amount_hundredths AS change FROM ledger_inbox
                    UNION ALL SELECT payer, -amount_hundredths FROM ledger_inbox) AS legs
                WHERE ledger_account = ANY(%(spendable)s) GROUP BY ledger_account)
            SELECT {_COLUMNS} + coalesce(arriving.hundredths, 0)
            FROM account LEFT JOIN arriving ON arriving.ledger_account = 2 * account.id
            WHERE account.id = ANY(%(ids)s)""",
        {"ids": list(ids), "spendable": [2 * account_id for account_id in ids]},
    )
    return await cursor.fetchall()


async def find_account(conn: Connection, account_id: int) -> AccountRow | None:
    """The account with this number, unless it was wiped."""
    cursor = await conn.execute(f"SELECT {_COLUMNS} FROM account WHERE id = %s AND wiped_at IS NULL", (account_id,))
    return await cursor.fetchone()


class KeyRow(NamedTuple):
    """A key that is good now; the columns of `_KEY_COLUMNS`."""

    id: int
    name: str
    scopes: list[str]
    has_budget: bool
    models: list[str] | None
    networks: list[str] | None
    expires_at_s: float | None
    shared_id: UUID | None
    max_image_pixels: int | None
    max_image_steps: int | None
    max_text_tokens: int | None
    for_styles: bool


_KEY_COLUMNS = """api_key.id, api_key.name, api_key.scopes, coalesce(budget_hundredths, daily_hundredths) IS NOT NULL,
    api_key.models, networks, extract(epoch from expires_at)::float8, shared_id, max_image_pixels, max_image_steps,
    max_text_tokens, for_styles"""


async def find_holder(conn: Connection, key_hash: bytes) -> tuple[KeyRow, AccountRow] | None:
    """A key that is good now, with its account. Shared keys that expired are found too: who sends one is told so."""
    cursor = await conn.execute(
        f"""SELECT {_KEY_COLUMNS}, {_COLUMNS}
            FROM api_key JOIN account ON account.id = api_key.account_id
            WHERE (hash = %(hash)s OR (old_hash = %(hash)s AND old_hash_until > now())) AND revoked_at IS NULL
              AND (expires_at IS NULL OR expires_at > now() OR shared_id IS NOT NULL)""",
        {"hash": key_hash},
    )
    row = await cursor.fetchone()
    width = len(KeyRow._fields)
    return (KeyRow(*row[:width]), row[width:]) if row else None
