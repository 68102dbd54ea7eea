"""The SQL of collections of styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation

from horde_server.database.pool import Connection
from horde_server.styles.names import SEPARATOR, Reference, Sort
from horde_server.styles.style import Collection

_STYLES = f"""coalesce((
    SELECT json_agg(json_build_object('id', style.id,
               'name', concat_ws('{SEPARATOR}', owner.username || '#' || owner.id, '{Sort.STYLE}', style.name))
               ORDER BY member.place)
    FROM style_collection_member AS member
    JOIN style ON style.id = member.style_id
    JOIN account AS owner ON owner.id = style.account_id
    WHERE member.collection_id = collection.id), '[]')"""
_SHOWN = f"""collection.id, collection.kind, collection.account_id, collection.name, collection.info,
    collection.public, collection.use_count, {_STYLES}"""
_FROM = f"SELECT {_SHOWN} FROM style_collection AS collection"


def _collection(row: tuple[Any, ...]) -> Collection:
    return Collection(**dict(zip(Collection.__struct_fields__, row, strict=True)))


async def count_of(conn: Connection, account_id: int) -> int:
    """How many collections an account has."""
    cursor = await conn.execute("SELECT count(*) FROM style_collection WHERE account_id = %s", (account_id,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def add(
    conn: Connection, collection_id: UUID, kind: str, account_id: int, *, name: str, info: str | None, public: bool
) -> bool:
    """Whether it was added, empty: not, when the account has one of this name."""
    cursor = await conn.execute(
        """INSERT INTO style_collection (id, kind, account_id, name, info, public) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (account_id, name) DO NOTHING""",
        (collection_id, kind, account_id, name, info, public),
    )
    return cursor.rowcount == 1


async def fill(conn: Connection, collection_id: UUID, style_ids: Sequence[UUID]) -> None:
    """Let it hold these styles, in this order, and no others; those that are gone meanwhile are left out."""
    await conn.execute("DELETE FROM style_collection_member WHERE collection_id = %s", (collection_id,))
    await conn.execute(
        """INSERT INTO style_collection_member (collection_id, style_id, place)
           SELECT %s, style.id, wanted.place
           FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place) JOIN style ON style.id = wanted.id""",
        (collection_id, list(style_ids)),
    )


async def change(conn: Connection, collection_id: UUID, columns: Mapping[str, Any]) -> bool | None:
    """Set columns, named by the code; False when it is gone, None when its owner has another of this name."""
    assignments = "".join(f"{name} = %({name})s, " for name in columns)
    try:
        cursor = await conn.execute(
            f"UPDATE style_collection SET {assignments}updated_at = now() WHERE id = %(collection_id)s".encode(),
            {**columns, "collection_id": collection_id},
        )
    except UniqueViolation:
        return None
    return cursor.rowcount == 1


async def remove(conn: Connection, collection_id: UUID) -> bool:
    """Whether there was one to remove; its styles stay."""
    return (await conn.execute("DELETE FROM style_collection WHERE id = %s", (collection_id,))).rowcount == 1


async def find(conn: Connection, collection_id: UUID) -> Collection | None:
    """The collection with this id."""
    row = await (await conn.execute(f"{_FROM} WHERE collection.id = %s", (collection_id,))).fetchone()
    return _collection(row) if row else None


async def find_named(
    conn: Connection, wanted: Reference, *, kind: str | None, asker_id: int | None
) -> Collection | None:
    """The collection that a name means to who asks, found as a style is."""
    cursor = await conn.execute(
        f"""{_FROM} WHERE collection.name = %(name)s
            AND CASE WHEN %(owner)s::int IS NULL THEN collection.public OR collection.account_id = %(asker)s::int
                     ELSE collection.account_id = %(owner)s::int END
        ORDER BY %(kind)s::text IS NOT NULL AND collection.kind <> %(kind)s::text,
                 collection.account_id IS DISTINCT FROM %(asker)s::int, collection.created_at, collection.id LIMIT 1""",
        {"name": wanted.name, "owner": wanted.owner_id, "asker": asker_id, "kind": kind},
    )
    row = await cursor.fetchone()
    return _collection(row) if row else None


_ORDER = {
    "popular": "collection.use_count DESC, collection.created_at, collection.id",
    "age": "collection.created_at, collection.id",
}


async def page(conn: Connection, *, kind: str | None, sort: str, skip: int, most: int) -> list[Collection]:
    """Public collections, from an index in their order; what they hold is looked up for those of the page alone."""
    cursor = await conn.execute(
        f"""{_FROM} JOIN (
                SELECT id FROM style_collection AS collection
                WHERE collection.public {"AND collection.kind = %(kind)s" if kind is not None else ""}
                ORDER BY {_ORDER[sort]} LIMIT %(most)s OFFSET %(skip)s) AS chosen ON chosen.id = collection.id
            ORDER BY {_ORDER[sort]}""".encode(),
        {"kind": kind, "skip": skip, "most": most},
    )
    return [_collection(row) for row in await cursor.fetchall()]
