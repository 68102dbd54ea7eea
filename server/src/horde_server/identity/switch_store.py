"""The SQL of the switches that an operator turns while the horde runs."""

from __future__ import annotations

from horde_server.database.pool import Connection


async def is_on(conn: Connection, name: str, *, unless_set: bool) -> bool:
    """How a switch stands; `unless_set` where nobody has ever turned it."""
    row = await (await conn.execute("SELECT is_on FROM horde_switch WHERE name = %s", (name,))).fetchone()
    return bool(row[0]) if row else unless_set


async def turn(conn: Connection, name: str, *, on: bool) -> None:
    """Turn a switch."""
    await conn.execute(
        """INSERT INTO horde_switch (name, is_on) VALUES (%s, %s)
           ON CONFLICT (name) DO UPDATE SET is_on = excluded.is_on""",
        (name, on),
    )
