"""The SQL of API keys: made, renewed, revoked, and when they were last used. What of them is shown: `keys/store.py`.

Whatever limits or revokes a key calls `hide_from_old_nodes` in the same transaction: nodes of the release before know a
key by `account.api_key_hash`, and none of its limits (migration 0018).
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.identity.keys import Scope

MAIN = "main"
"""The name of the key that an account is made with."""


async def lock_keys_of(conn: Connection, account_id: int) -> bool:
    """Whether there is the account; until the end of the caller's transaction nobody else changes its keys.

    Whoever changes keys begins here: the fold too takes an account before its keys (kudos/fold_store.py).
    """
    cursor = await conn.execute("SELECT FROM account WHERE id = %s FOR NO KEY UPDATE", (account_id,))
    return await cursor.fetchone() is not None


async def add_key(conn: Connection, account_id: int, key_hash: bytes, *, name: str, scopes: Collection[Scope]) -> int:
    """Give an account one more key, without limits; its number."""
    cursor = await conn.execute(
        "INSERT INTO api_key (account_id, hash, name, scopes) VALUES (%s, %s, %s, %s) RETURNING id",
        (account_id, key_hash, name, sorted(scopes)),
    )
    row = await cursor.fetchone()
    assert row is not None  # INSERT … RETURNING
    return int(row[0])


async def renew_keys(conn: Connection, account_id: int, key_hash: bytes) -> None:
    """Make this the one key of an account, for everything: all that it had are revoked, but for shared ones."""
    await conn.execute(
        """UPDATE api_key SET revoked_at = now()
           WHERE account_id = %s AND hash <> %s AND revoked_at IS NULL AND shared_id IS NULL""",
        (account_id, key_hash),
    )
    await conn.execute(  # it is there already as long as account.api_key_hash is taken over (migration 0014)
        "INSERT INTO api_key (account_id, hash, name) VALUES (%s, %s, %s) ON CONFLICT (hash) DO NOTHING",
        (account_id, key_hash, MAIN),
    )


async def remove_all(conn: Connection, account_id: int) -> None:
    """Forget all keys of an account, the revoked ones too. `account.api_key_hash` the caller empties."""
    await conn.execute("DELETE FROM api_key WHERE account_id = %s", (account_id,))


async def reset_keys(conn: Connection, account_id: int, key_hash: bytes) -> int:
    """`renew_keys` for an account whose keys are locked, on all nodes; how many keys ended."""
    cursor = await conn.execute(
        """SELECT count(*) FROM api_key WHERE account_id = %s AND revoked_at IS NULL AND shared_id IS NULL
              AND (expires_at IS NULL OR expires_at > now())""",
        (account_id,),
    )
    row = await cursor.fetchone()
    await renew_keys(conn, account_id, key_hash)
    await conn.execute("UPDATE account SET api_key_hash = %s WHERE id = %s", (key_hash, account_id))
    return int(row[0]) if row else 0


async def revoke_all(conn: Connection, account_id: int) -> None:
    """End every key of an account, the shared ones too."""
    await lock_keys_of(conn, account_id)
    await conn.execute(
        "UPDATE api_key SET revoked_at = now() WHERE account_id = %s AND revoked_at IS NULL", (account_id,)
    )
    await conn.execute("UPDATE account SET api_key_hash = NULL WHERE id = %s", (account_id,))


async def hide_from_old_nodes(conn: Connection, key_id: int) -> None:
    """Let nodes of the release before forget a key that they would take for one without limits, or for a good one."""
    await conn.execute(
        """UPDATE account SET api_key_hash = NULL FROM api_key
           WHERE api_key.id = %s AND account.id = api_key.account_id AND account.api_key_hash IN (hash, old_hash)""",
        (key_id,),
    )


async def shared_ids_of(conn: Connection, account_id: int) -> list[UUID]:
    """An account's shared keys, the oldest first."""
    cursor = await conn.execute(
        """SELECT shared_id FROM api_key WHERE account_id = %s AND revoked_at IS NULL AND shared_id IS NOT NULL
           ORDER BY id""",
        (account_id,),
    )
    return [row[0] for row in await cursor.fetchall()]


async def assign_to_styles(conn: Connection, shared_id: UUID, *, assigned: bool) -> None:
    """Say whether any style has this shared key: it then pays for that alone."""
    await conn.execute(
        "UPDATE api_key SET for_styles = %s WHERE shared_id = %s AND for_styles <> %s", (assigned, shared_id, assigned)
    )


async def note_uses(conn: Connection, key_ids: Collection[int]) -> None:
    """Write that these keys were just used. Rows that somebody changes right now wait for the next time."""
    await conn.execute(
        """WITH due AS (
               SELECT id FROM api_key WHERE id = ANY(%s) AND (last_used_at IS NULL
                   OR last_used_at < now() - interval '50 seconds') ORDER BY id FOR UPDATE SKIP LOCKED)
           UPDATE api_key SET last_used_at = now() FROM due WHERE api_key.id = due.id""",
        (list(key_ids),),
    )
