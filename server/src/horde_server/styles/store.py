"""The SQL of styles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.types.json import Json

from horde_server.database.pool import Connection
from horde_server.styles.names import Reference
from horde_server.styles.style import Style, StyleContent

_OWNER_LOCK_CLASS = 7_021
_EXAMPLES = """coalesce((SELECT json_agg(json_build_object('id', one.id, 'url', one.url, 'primary', one.is_primary)
                                         ORDER BY one.place)
                         FROM style_example AS one WHERE one.style_id = style.id), '[]')"""
_SHARED_KEY = """(SELECT json_build_object('id', api_key.shared_id, 'username', account.username || '#' || account.id,
        'name', api_key.name, 'expires_at_s', extract(epoch FROM api_key.expires_at)::float8,
        'kudos', coalesce(greatest(budget_hundredths - spent_hundredths, 0) / 100, -1),
        'utilized', round(spent_hundredths / 100.0)::bigint, 'max_image_pixels', coalesce(max_image_pixels, -1),
        'max_image_steps', coalesce(max_image_steps, -1), 'max_text_tokens', coalesce(max_text_tokens, -1))
    FROM api_key WHERE api_key.shared_id = style.shared_key_id AND api_key.revoked_at IS NULL)"""
_SHOWN = f"""style.name, style.info, style.prompt, style.params, style.public, style.nsfw, style.tags, style.models,
    style.id, style.kind, style.account_id, account.username || '#' || account.id,
    NOT (account.deleted OR account.flagged), style.use_count, style.shared_key_id, {_SHARED_KEY}, {_EXAMPLES}"""
_FIELDS = (*StyleContent.__struct_fields__, "id", "kind", "owner_id", "creator", "owner_earns", "use_count",
           "shared_key_id", "shared_key", "examples")  # fmt: skip
_FROM = f"SELECT {_SHOWN} FROM style JOIN account ON account.id = style.account_id"


def _style(row: tuple[Any, ...]) -> Style:
    return Style(**dict(zip(_FIELDS, row, strict=True)))


async def lock_owner(conn: Connection, account_id: int) -> None:
    """Until the end of the caller's transaction, nobody else counts or adds what this account has of styles."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_OWNER_LOCK_CLASS, account_id))


async def count_of(conn: Connection, account_id: int) -> int:
    """How many styles an account has."""
    row = await (await conn.execute("SELECT count(*) FROM style WHERE account_id = %s", (account_id,))).fetchone()
    return int(row[0]) if row else 0


async def add(
    conn: Connection, style_id: UUID, kind: str, account_id: int, content: StyleContent, shared_key_id: UUID | None
) -> bool:
    """Whether it was added: not, when the account has one of this name."""
    cursor = await conn.execute(
        """INSERT INTO style (id, kind, account_id, name, info, prompt, params, public, nsfw, tags, models,
                              shared_key_id)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (account_id, name) DO NOTHING""",
        (
            style_id, kind, account_id, content.name, content.info, content.prompt, Json(content.params),
            content.public, content.nsfw, content.tags, content.models, shared_key_id,
        ),
    )  # fmt: skip
    return cursor.rowcount == 1


async def change(conn: Connection, style_id: UUID, columns: Mapping[str, Any]) -> bool | None:
    """Set columns, named by the code; False when it is gone, None when its owner has another of this name."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    values = {name: Json(value) if name == "params" else value for name, value in columns.items()}
    try:
        cursor = await conn.execute(
            f"UPDATE style SET {assignments}, updated_at = now() WHERE id = %(style_id)s".encode(),
            {**values, "style_id": style_id},
        )
    except UniqueViolation:
        return None
    return cursor.rowcount == 1


async def remove(conn: Connection, style_id: UUID) -> bool:
    """Whether there was one to remove; its examples go, and its places in collections."""
    return (await conn.execute("DELETE FROM style WHERE id = %s", (style_id,))).rowcount == 1


async def has_style(conn: Connection, shared_key_id: UUID) -> bool:
    """Whether any style has this shared key."""
    cursor = await conn.execute("SELECT FROM style WHERE shared_key_id = %s LIMIT 1", (shared_key_id,))
    return await cursor.fetchone() is not None


async def find(conn: Connection, style_id: UUID) -> Style | None:
    """The style with this id."""
    row = await (await conn.execute(f"{_FROM} WHERE style.id = %s", (style_id,))).fetchone()
    return _style(row) if row else None


async def find_all(conn: Connection, ids: Iterable[UUID]) -> list[Style]:
    """The styles with these ids, as far as there are any."""
    cursor = await conn.execute(f"{_FROM} WHERE style.id = ANY(%s)", (list(ids),))
    return [_style(row) for row in await cursor.fetchall()]


async def find_named(conn: Connection, wanted: Reference, *, kind: str | None, asker_id: int | None) -> Style | None:
    """The style that a name means to who asks: of the kind first, then one's own, then the oldest.

    Whose owner is not named must be public, or the asker's.
    """
    cursor = await conn.execute(
        f"""{_FROM} WHERE style.name = %(name)s
            AND CASE WHEN %(owner)s::int IS NULL THEN style.public OR style.account_id = %(asker)s::int
                     ELSE style.account_id = %(owner)s::int END
        ORDER BY style.kind IS DISTINCT FROM %(kind)s::text, style.account_id IS DISTINCT FROM %(asker)s::int,
                 style.created_at, style.id LIMIT 1""",
        {"name": wanted.name, "owner": wanted.owner_id, "asker": asker_id, "kind": kind},
    )
    row = await cursor.fetchone()
    return _style(row) if row else None


_ORDER = {
    "popular": "style.use_count DESC, style.created_at, style.id",
    "age": "style.created_at, style.id",
}
_LISTED = "style.kind = %(kind)s AND style.public"
_WALKED = 5000
"""Styles looked at in the order of the list for those with a tag or model, before their own index is asked."""


async def page(
    conn: Connection, kind: str, *, sort: str, tag: str | None, model: str | None, skip: int, most: int
) -> list[Style]:
    """Public styles, from an index in their order: O(skip + most).

    What many have is soon found in the order of the list, what few have by an index of its own. Which of the two it is
    the planner guesses too badly: it knows nothing of rare words.
    """
    order, values = _ORDER[sort], {"kind": kind, "tag": tag, "model": model, "skip": skip, "most": most}
    having = " AND ".join(
        ([] if tag is None else ["tags @> ARRAY[%(tag)s]::text[]"])
        + ([] if model is None else ["models @> ARRAY[%(model)s]::text[]"])
    )
    pick = f"ORDER BY {order} LIMIT %(most)s OFFSET %(skip)s"
    if not having:
        return await _chosen(conn, f"SELECT id FROM style WHERE {_LISTED} {pick}", order, values)
    found = await _chosen(
        conn,
        f"""SELECT id FROM (SELECT * FROM style WHERE {_LISTED} ORDER BY {order} LIMIT {_WALKED}) AS style
            WHERE {having} {pick}""",
        order,
        values,
    )
    if len(found) == most:
        return found
    return await _chosen(
        conn,
        f"""WITH matching AS MATERIALIZED (SELECT id, use_count, created_at FROM style WHERE {having} AND {_LISTED})
            SELECT id FROM matching AS style {pick}""",
        order,
        values,
    )


async def _chosen(conn: Connection, ids: str, order: str, values: Mapping[str, object]) -> list[Style]:
    cursor = await conn.execute(
        f"{_FROM} JOIN ({ids}) AS chosen ON chosen.id = style.id ORDER BY {order}".encode(), values
    )
    return [_style(row) for row in await cursor.fetchall()]


async def remove_all_of(conn: Connection, account_id: int) -> None:
    """Remove all styles and collections of an account that is wiped; with their places in collections of others."""
    await conn.execute("DELETE FROM style WHERE account_id = %s", (account_id,))
    await conn.execute("DELETE FROM style_collection WHERE account_id = %s", (account_id,))


class NamedStyle(NamedTuple):
    """A style by its name."""

    account_id: int
    username: str
    id: UUID
    name: str
    kind: str


async def names_of(conn: Connection, account_ids: Collection[int], *, public_only: bool) -> list[NamedStyle]:
    """The styles of accounts, the oldest first."""
    cursor = await conn.execute(
        f"""SELECT account.id, username, style.id, name, style.kind FROM style JOIN account ON account.id = account_id
            WHERE account_id = ANY(%s) {"AND public" if public_only else ""}
            ORDER BY style.created_at, style.id""".encode(),
        (list(account_ids),),
    )
    return [NamedStyle(*row) for row in await cursor.fetchall()]
