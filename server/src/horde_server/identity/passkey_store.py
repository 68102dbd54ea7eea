"""The SQL of the passkeys of services."""

from __future__ import annotations

from horde_server.database.pool import Connection


async def good_hashes(conn: Connection) -> list[bytes]:
    """The passkeys that count: of service accounts that are neither flagged nor marked for deletion."""
    cursor = await conn.execute(
        """SELECT hash FROM proxy_passkey JOIN account ON account.id = account_id
           WHERE service AND NOT flagged AND NOT deleted"""
    )
    return [bytes(row[0]) for row in await cursor.fetchall()]


async def set_passkey(conn: Connection, account_id: int, passkey_hash: bytes) -> None:
    """Make this the passkey of an account; the one before it is good no more."""
    await conn.execute(
        """INSERT INTO proxy_passkey (account_id, hash) VALUES (%s, %s)
           ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, made_at = now()""",
        (account_id, passkey_hash),
    )


async def remove_passkey(conn: Connection, account_id: int) -> None:
    """Take away the passkey of an account, if it has one."""
    await conn.execute("DELETE FROM proxy_passkey WHERE account_id = %s", (account_id,))
