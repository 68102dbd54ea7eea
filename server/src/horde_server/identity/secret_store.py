"""The SQL of this horde's own secrets."""

from __future__ import annotations

import secrets

from horde_server.database.pool import Connection


async def load_secret(conn: Connection, name: str) -> bytes:
    """A secret of this horde (32 random bytes), made at its first use; the same for all processes."""
    await conn.execute(
        "INSERT INTO horde_secret (name, value) VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, secrets.token_bytes(32))
    )
    cursor = await conn.execute("SELECT value FROM horde_secret WHERE name = %s", (name,))
    row = await cursor.fetchone()
    assert row is not None  # just inserted, or there before
    return bytes(row[0])
