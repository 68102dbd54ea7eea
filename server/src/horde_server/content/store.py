"""The SQL of news and documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from horde_server.content.news import Importance, Newspiece
from horde_server.database.pool import Connection

_NEWS = "published_on, title, body, importance, tags, urls, id"


def _piece(row: tuple[Any, ...]) -> Newspiece:
    published_on, title, body, importance, tags, urls, news_id = row
    return Newspiece(published_on, title, body, Importance(importance), tuple(tags), tuple(urls), news_id)


async def latest_news(conn: Connection, *, most: int) -> list[Newspiece]:
    """The newest pieces first."""
    cursor = await conn.execute(
        f"SELECT {_NEWS} FROM news ORDER BY published_on DESC, id DESC LIMIT %s".encode(), (most,)
    )
    return list(map(_piece, await cursor.fetchall()))


async def find_news(conn: Connection, news_id: int) -> Newspiece | None:
    """The piece with this number."""
    cursor = await conn.execute(f"SELECT {_NEWS} FROM news WHERE id = %s".encode(), (news_id,))
    row = await cursor.fetchone()
    return _piece(row) if row else None


async def count_news(conn: Connection) -> int:
    """How many pieces there are."""
    row = await (await conn.execute("SELECT count(*) FROM news")).fetchone()
    return int(row[0]) if row else 0


async def add_news(conn: Connection, piece: Newspiece, account_id: int | None) -> Newspiece:
    """Store a piece; it, with its number."""
    cursor = await conn.execute(
        f"""INSERT INTO news (published_on, title, body, importance, tags, urls, account_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_NEWS}""".encode(),
        (
            piece.published_on,
            piece.title,
            piece.body,
            str(piece.importance),
            list(piece.tags),
            list(piece.urls),
            account_id,
        ),
    )
    row = await cursor.fetchone()
    assert row is not None  # an INSERT without a condition gives its row back
    return _piece(row)


async def change_news(conn: Connection, news_id: int, columns: Mapping[str, Any]) -> Newspiece | None:
    """Set columns, named by the code; the piece as it is then, None when it is gone."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    cursor = await conn.execute(
        f"UPDATE news SET {assignments} WHERE id = %(news_id)s RETURNING {_NEWS}".encode(),
        {**columns, "news_id": news_id},
    )
    row = await cursor.fetchone()
    return _piece(row) if row else None


async def remove_news(conn: Connection, news_id: int) -> bool:
    """Whether there was one to remove."""
    cursor = await conn.execute("DELETE FROM news WHERE id = %s", (news_id,))
    return cursor.rowcount == 1


async def document_stamps(conn: Connection) -> dict[str, dt.datetime]:
    """When each document was written that is kept here."""
    cursor = await conn.execute("SELECT name, changed_at FROM document")
    return dict(await cursor.fetchall())


async def documents(conn: Connection) -> dict[str, str]:
    """The documents that are kept here."""
    cursor = await conn.execute("SELECT name, body FROM document")
    return dict(await cursor.fetchall())


async def set_document(conn: Connection, name: str, body: str, account_id: int | None) -> int | None:
    """Write a document; how many characters the one before had, if there was one."""
    cursor = await conn.execute("SELECT length(body) FROM document WHERE name = %s FOR UPDATE", (name,))
    before = await cursor.fetchone()
    await conn.execute(
        """INSERT INTO document (name, body, account_id) VALUES (%s, %s, %s)
           ON CONFLICT (name) DO UPDATE SET body = excluded.body, account_id = excluded.account_id,
                                            changed_at = clock_timestamp()""",
        (name, body, account_id),
    )
    return before[0] if before else None


async def remove_document(conn: Connection, name: str) -> int | None:
    """Forget a document; how many characters it had, None where there was none."""
    row = await (await conn.execute("DELETE FROM document WHERE name = %s RETURNING length(body)", (name,))).fetchone()
    return row[0] if row else None
