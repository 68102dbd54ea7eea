"""The SQL of sign-ins that were finished, and of the keys that they give."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from horde_server.database.pool import Connection

CODE_LASTS_S: Final = 120
MOST_KEYS: Final = 10
"""Of one account by one provider: the oldest ends when one more is made."""
KEY_DAYS: Final = 30


class Taken(NamedTuple):
    """A sign-in whose code was just taken."""

    account_id: int
    provider: str
    is_new: bool
    challenge: str | None


class SignedIn(NamedTuple):
    """The account, and until when its new key is good."""

    username: str
    is_approved: bool
    expires_at: datetime


async def add(
    conn: Connection,
    *,
    state_hash: bytes,
    code_hash: bytes,
    account_id: int,
    provider: str,
    is_new: bool,
    challenge: str | None,
) -> bool:
    """Store a finished sign-in; False: it was finished before."""
    cursor = await conn.execute(
        """INSERT INTO sign_in (state_hash, code_hash, account_id, provider, is_new, challenge)
           VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (state_hash) DO NOTHING""",
        (state_hash, code_hash, account_id, provider, is_new, challenge),
    )
    return cursor.rowcount == 1


async def take(conn: Connection, code_hash: bytes) -> Taken | None:
    """Take a code, once. None: nobody has it, it was taken, or it is too old."""
    cursor = await conn.execute(
        f"""UPDATE sign_in SET taken_at = now()
            WHERE code_hash = %s AND taken_at IS NULL AND created_at > now() - interval '{CODE_LASTS_S} seconds'
            RETURNING account_id, provider, is_new, challenge""",
        (code_hash,),
    )
    row = await cursor.fetchone()
    return Taken(*row) if row else None


async def add_key(conn: Connection, account_id: int, key_hash: bytes, name: str) -> SignedIn:
    """Give an account a key for everything that ends by itself; of too many of this name the oldest end."""
    cursor = await conn.execute(
        f"""WITH added AS (
                INSERT INTO api_key (account_id, hash, name, expires_at)
                VALUES (%(account_id)s, %(hash)s, %(name)s, now() + interval '{KEY_DAYS} days')
                RETURNING expires_at
            ), ended AS (
                UPDATE api_key SET revoked_at = now() WHERE id IN (
                    SELECT id FROM api_key
                    WHERE account_id = %(account_id)s AND name = %(name)s AND revoked_at IS NULL
                    ORDER BY id DESC OFFSET {MOST_KEYS - 1})
            )
            SELECT username, approved_at IS NOT NULL, added.expires_at FROM account, added
            WHERE account.id = %(account_id)s""",
        {"account_id": account_id, "hash": key_hash, "name": name},
    )
    row = await cursor.fetchone()
    assert row is not None  # a foreign key says that the account is there
    return SignedIn(*row)


async def forget_old(conn: Connection) -> int:
    """Remove sign-ins of which nothing can come back; how many."""
    cursor = await conn.execute("DELETE FROM sign_in WHERE created_at < now() - interval '1 hour'")
    return cursor.rowcount
