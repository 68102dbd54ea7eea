"""Changes of news and documents, by an administrator or from the command line; each is recorded."""

from __future__ import annotations

from typing import Any, Final

from horde_server.audit.trail import Actor, changed, record, subject
from horde_server.content import store
from horde_server.content.documents import DocumentName
from horde_server.content.news import Newspiece
from horde_server.database.pool import Connection
from horde_server.errors import BadRequest, HordeError

MOST_NEWS: Final = 1000
TOPIC: Final = "content"
"""Of notices to the nodes."""


class NewspieceNotFound(HordeError):
    """There is no such piece of news here: those in files are changed there."""

    status, rc = 404, "NewspieceNotFound"


class DocumentNotFound(HordeError):
    """There is no such document here: there are terms, privacy and sponsors."""

    status, rc = 404, "DocumentNotFound"


async def add_news(conn: Connection, actor: Actor, piece: Newspiece) -> Newspiece:
    """Publish a piece; it, with its number."""
    async with conn.transaction():
        if await store.count_news(conn) >= MOST_NEWS:
            raise BadRequest(f"There are {MOST_NEWS} pieces of news: remove some.")
        added = await store.add_news(conn, piece, actor.account_id)
        await record(conn, actor, "news.create", subject("news", added.id or 0), new=_kept(added))
    return added


async def change_news(conn: Connection, actor: Actor, news_id: int, columns: dict[str, Any]) -> Newspiece:
    """Change a piece; it, as it is then. Raises `NewspieceNotFound`."""
    async with conn.transaction():
        before = await store.find_news(conn, news_id)
        after = await store.change_news(conn, news_id, columns)
        if before is None or after is None:
            raise NewspieceNotFound
        old, new = changed(_kept(before), _kept(after))
        await record(conn, actor, "news.change", subject("news", news_id), old=old, new=new)
    return after


async def remove_news(conn: Connection, actor: Actor, news_id: int) -> Newspiece:
    """Take a piece back; the one that was. Raises `NewspieceNotFound`."""
    async with conn.transaction():
        before = await store.find_news(conn, news_id)
        if before is None or not await store.remove_news(conn, news_id):
            raise NewspieceNotFound
        await record(conn, actor, "news.delete", subject("news", news_id), old=_kept(before))
    return before


async def set_document(conn: Connection, actor: Actor, name: DocumentName, markdown: str) -> None:
    """Write a document; it goes before a file and before the built-in one."""
    async with conn.transaction():
        before = await store.set_document(conn, name, markdown, actor.account_id)
        await record(
            conn,
            actor,
            "document.change",
            subject("document", name),
            old={} if before is None else {"characters": before},
            new={"characters": len(markdown)},
        )


async def reset_document(conn: Connection, actor: Actor, name: DocumentName) -> None:
    """Forget what was written: the file counts again, or the built-in document. Raises `DocumentNotFound`."""
    async with conn.transaction():
        before = await store.remove_document(conn, name)
        if before is None:
            raise DocumentNotFound(f"Nobody has written the document {name} here.")
        await record(conn, actor, "document.reset", subject("document", name), old={"characters": before})


def _kept(piece: Newspiece) -> dict[str, Any]:
    """A piece as the trail keeps it: of a long text the beginning."""
    shown = piece.shown()
    return {**shown, "newspiece": piece.body[:500]}
