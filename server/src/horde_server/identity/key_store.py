"""The SQL of API keys."""

from __future__ import annotations

from collections.abc import Collection

from horde_server.database.pool import Connection
from horde_server.identity.keys import Scope

MAIN = "main"
"""The name of the key that an account is made with."""


async def add_key(conn: Connection, account_id: int, key_hash: bytes, *, name: str, scopes: Collection[Scope]) -> None:
    """Give an account one more key."""
    await conn.execute(
        "INSERT INTO api_key (account_id, hash, name, scopes) VALUES (%s, %s, %s, %s)",
        (account_id, key_hash, name, sorted(scopes)),
    )


async def renew_keys(conn: Connection, account_id: int, key_hash: bytes) -> None:
    """Make this the one key of an account, for everything: all that it had are revoked."""
    await conn.execute(
        "UPDATE api_key SET revoked_at = now() WHERE account_id = %s AND hash <> %s AND revoked_at IS NULL",
        (account_id, key_hash),
    )
    await conn.execute(  # it is there already as long as account.api_key_hash is taken over (migration 0014)
        "INSERT INTO api_key (account_id, hash, name) VALUES (%s, %s, %s) ON CONFLICT (hash) DO NOTHING",
        (account_id, key_hash, MAIN),
    )


async def remove_all(conn: Connection, account_id: int) -> None:
    """Forget all keys of an account, the revoked ones too. `account.api_key_hash` the caller empties."""
    await conn.execute("DELETE FROM api_key WHERE account_id = %s", (account_id,))
