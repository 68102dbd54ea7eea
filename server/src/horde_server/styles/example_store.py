"""The SQL of a style's examples, all within the caller's transaction, in which the style is locked."""

from __future__ import annotations

from uuid import UUID

from psycopg.errors import UniqueViolation

from horde_server.database.pool import Connection


async def lock_style(conn: Connection, style_id: UUID) -> bool:
    """Until the end of the transaction nobody else changes its examples; whether there is such a style."""
    cursor = await conn.execute("SELECT FROM style WHERE id = %s FOR NO KEY UPDATE", (style_id,))
    return await cursor.fetchone() is not None


async def add(conn: Connection, example_id: UUID, style_id: UUID, url: str) -> bool:
    """Whether it was added, not as the primary one: not, when the style has one with this address."""
    cursor = await conn.execute(
        """INSERT INTO style_example (id, style_id, url, is_primary) VALUES (%s, %s, %s, false)
           ON CONFLICT (style_id, url) DO NOTHING""",
        (example_id, style_id, url),
    )
    return cursor.rowcount == 1


async def move(conn: Connection, example_id: UUID, style_id: UUID, url: str) -> bool | None:
    """Give it another address; False when it is gone, None when another one of the style has that."""
    try:
        cursor = await conn.execute(
            "UPDATE style_example SET url = %s WHERE id = %s AND style_id = %s", (url, example_id, style_id)
        )
    except UniqueViolation:
        return None
    return cursor.rowcount == 1


async def remove(conn: Connection, example_id: UUID, style_id: UUID) -> bool:
    """Whether there was one to remove."""
    cursor = await conn.execute("DELETE FROM style_example WHERE id = %s AND style_id = %s", (example_id, style_id))
    return cursor.rowcount == 1


async def make_primary(conn: Connection, example_id: UUID | None, style_id: UUID) -> None:
    """Let this one stand for the style, and no other; None: the oldest, where none does.

    In two statements: a unique index looks at each row as it is changed.
    """
    if example_id is not None:
        await conn.execute(
            "UPDATE style_example SET is_primary = false WHERE style_id = %s AND is_primary AND id <> %s",
            (style_id, example_id),
        )
    await conn.execute(
        """UPDATE style_example SET is_primary = true
           WHERE id = coalesce(%(example)s::uuid,
                               (SELECT id FROM style_example WHERE style_id = %(style)s ORDER BY place LIMIT 1))
             AND NOT EXISTS (SELECT FROM style_example WHERE style_id = %(style)s AND is_primary)""",
        {"style": style_id, "example": example_id},
    )
