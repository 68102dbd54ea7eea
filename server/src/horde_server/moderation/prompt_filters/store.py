"""The SQL of prompt filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation

from horde_server.database.pool import Connection
from horde_server.moderation.prompt_filters.filter_set import FilterRow

_SHOWN = """SELECT prompt_filter.id, filter_type, regex, description, replacement,
    account.username || '#' || account.id, prompt_filter.account_id
FROM prompt_filter JOIN account ON account.id = prompt_filter.account_id"""


class ShownFilter(NamedTuple):
    """A filter as moderators see it. `user` is the alias of who made it, or changed it last."""

    id: int
    filter_type: int
    regex: str
    description: str | None
    replacement: str
    user: str
    account_id: int


async def all_rows(conn: Connection) -> list[FilterRow]:
    """Every filter, in the order of their ids."""
    cursor = await conn.execute("SELECT id, filter_type, regex, replacement FROM prompt_filter ORDER BY id")
    return [FilterRow(*row) for row in await cursor.fetchall()]


async def show(conn: Connection, filter_id: int) -> ShownFilter | None:
    """The filter with this number."""
    cursor = await conn.execute(f"{_SHOWN} WHERE prompt_filter.id = %s", (filter_id,))
    row = await cursor.fetchone()
    return ShownFilter(*row) if row else None


async def lock(conn: Connection, filter_id: int) -> ShownFilter | None:
    """The filter, which nobody else changes until the caller's transaction ends."""
    cursor = await conn.execute(f"{_SHOWN} WHERE prompt_filter.id = %s FOR UPDATE OF prompt_filter", (filter_id,))
    row = await cursor.fetchone()
    return ShownFilter(*row) if row else None


async def find(conn: Connection, *, filter_type: int | None, contains: str | None) -> list[ShownFilter]:
    """Filters of a type, with a text in their regex or description; all, where neither is given."""
    cursor = await conn.execute(
        f"""{_SHOWN}
        WHERE (%(filter_type)s::int IS NULL OR filter_type = %(filter_type)s)
          AND (%(contains)s::text IS NULL OR strpos(lower(regex), lower(%(contains)s)) > 0
               OR strpos(lower(coalesce(description, '')), lower(%(contains)s)) > 0)
        ORDER BY prompt_filter.id""",
        {"filter_type": filter_type, "contains": contains},
    )
    return [ShownFilter(*row) for row in await cursor.fetchall()]


async def add(
    conn: Connection, *, filter_type: int, regex: str, description: str | None, replacement: str, account_id: int
) -> int | None:
    """A new filter's number; None when there is one of this type with this regex."""
    cursor = await conn.execute(
        """INSERT INTO prompt_filter (filter_type, regex, description, replacement, account_id)
           VALUES (%s, %s, %s, %s, %s) ON CONFLICT (filter_type, md5(regex)) DO NOTHING RETURNING id""",
        (filter_type, regex, description, replacement, account_id),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def same(conn: Connection, *, filter_type: int, regex: str) -> ShownFilter | None:
    """The filter of this type with this regex."""
    cursor = await conn.execute(
        f"{_SHOWN} WHERE filter_type = %(filter_type)s AND md5(regex) = md5(%(regex)s) AND regex = %(regex)s",
        {"filter_type": filter_type, "regex": regex},
    )
    row = await cursor.fetchone()
    return ShownFilter(*row) if row else None


async def change(conn: Connection, filter_id: int, columns: Mapping[str, Any]) -> bool | None:
    """Set columns, named by the code; False when it is gone, None when another filter is of this type and regex."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    try:
        async with conn.transaction():  # a savepoint: the caller's transaction goes on
            cursor = await conn.execute(
                f"UPDATE prompt_filter SET {assignments} WHERE id = %(filter_id)s".encode(),
                {**columns, "filter_id": filter_id},
            )
    except UniqueViolation:
        return None
    return cursor.rowcount == 1


async def remove(conn: Connection, filter_id: int) -> bool:
    """Whether there was one to remove."""
    cursor = await conn.execute("DELETE FROM prompt_filter WHERE id = %s", (filter_id,))
    return cursor.rowcount == 1


async def restore(conn: Connection, filter_id: int, columns: Mapping[str, Any]) -> bool:
    """Put a removed filter back, by its number; False when another filter is of its type and regex by now."""
    names = ", ".join(columns)
    values = ", ".join(f"%({name})s" for name in columns)
    cursor = await conn.execute(
        f"""INSERT INTO prompt_filter (id, {names}) OVERRIDING SYSTEM VALUE VALUES (%(filter_id)s, {values})
            ON CONFLICT DO NOTHING""".encode(),
        {**columns, "filter_id": filter_id},
    )
    return cursor.rowcount == 1
