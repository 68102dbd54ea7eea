"""News and documents as everybody sees them, ready in memory; and their changes by administrators (status.md §4–5)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any, Final

import msgspec

from horde_server.audit.trail import Actor
from horde_server.content import changes, store
from horde_server.content.changes import TOPIC, DocumentNotFound
from horde_server.content.documents import DocumentName, built_in
from horde_server.content.folder import NO_FILES, Files, read_folder
from horde_server.content.markdown import to_html
from horde_server.content.news import Newspiece
from horde_server.database.pool import Pool
from horde_server.settings import Settings

MOST_SHOWN: Final = 100
_encode = msgspec.json.Encoder().encode


class Content:
    """What the horde tells about itself. Bodies are made when something changed, not when somebody asks."""

    def __init__(
        self,
        pool: Pool,
        settings: Settings,
        announce: Callable[[str, Collection[str]], Awaitable[None]],
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._folder: Path = settings.content_folder or settings.data / "content"
        self._announce = announce
        self._reading = asyncio.Lock()
        self._files: Files = NO_FILES
        self._kept_news: list[Newspiece] | None = None
        self._stamps: dict[str, dt.datetime] | None = None
        self._kept_documents: dict[str, str] = {}
        self.news_body = b"[]"
        self._documents: dict[tuple[DocumentName, str], bytes] = {}

    async def reload(self) -> None:
        """Take over what database and files say; texts are read and bodies made only when something changed."""
        async with self._reading:
            async with self._pool.connection() as conn:
                news = await store.latest_news(conn, most=MOST_SHOWN)
                stamps = await store.document_stamps(conn)
                if stamps != self._stamps:
                    self._kept_documents = await store.documents(conn)
            files = await asyncio.to_thread(read_folder, self._folder, self._files)
            is_same = files is self._files
            if not is_same or news != self._kept_news:
                latest = sorted((*news, *files.news), key=lambda piece: piece.published_on, reverse=True)
                self.news_body = _encode([piece.shown() for piece in latest[:MOST_SHOWN]])
            if not is_same or stamps != self._stamps:
                self._documents = await asyncio.to_thread(self._rendered, files)
            self._files, self._kept_news, self._stamps = files, news, stamps

    def document(self, name: DocumentName, form: str) -> bytes:
        """A document's answer, as `html` or `markdown`."""
        return self._documents[name, form]

    def _rendered(self, files: Files) -> dict[tuple[DocumentName, str], bytes]:
        found: dict[tuple[DocumentName, str], bytes] = {}
        for name in DocumentName:
            text = self._kept_documents.get(name) or files.documents.get(name) or built_in(name, self._settings)
            found[name, "markdown"] = _encode({"markdown": text})
            found[name, "html"] = _encode({"html": to_html(text)})
        return found

    # ---------------------------------------------------------------- for administrators

    async def kept_news(self) -> list[dict[str, Any]]:
        """What is kept in the database, with the numbers that it is changed by."""
        async with self._pool.connection() as conn:
            found = await store.latest_news(conn, most=changes.MOST_NEWS)
        return list(map(kept, found))

    async def add_news(self, actor: Actor, piece: Newspiece) -> dict[str, Any]:
        """Publish a piece."""
        async with self._pool.connection() as conn:
            added = await changes.add_news(conn, actor, piece)
        await self._announce(TOPIC, ["news"])
        return kept(added)

    async def change_news(self, actor: Actor, news_id: int, columns: dict[str, Any]) -> dict[str, Any]:
        """Change a piece. Raises `NewspieceNotFound`."""
        async with self._pool.connection() as conn:
            after = await changes.change_news(conn, actor, news_id, columns)
        await self._announce(TOPIC, ["news"])
        return kept(after)

    async def remove_news(self, actor: Actor, news_id: int) -> None:
        """Take a piece back. Raises `NewspieceNotFound`."""
        async with self._pool.connection() as conn:
            await changes.remove_news(conn, actor, news_id)
        await self._announce(TOPIC, ["news"])

    async def set_document(self, actor: Actor, name: str, markdown: str) -> None:
        """Write a document. Raises `DocumentNotFound` for a name that none has."""
        known = document_named(name)
        async with self._pool.connection() as conn:
            await changes.set_document(conn, actor, known, markdown)
        await self._announce(TOPIC, [known])

    async def reset_document(self, actor: Actor, name: str) -> None:
        """Go back to the file or the built-in document. Raises `DocumentNotFound`."""
        known = document_named(name)
        async with self._pool.connection() as conn:
            await changes.reset_document(conn, actor, known)
        await self._announce(TOPIC, [known])


def document_named(name: str) -> DocumentName:
    """The document that is called so. Raises `DocumentNotFound`."""
    try:
        return DocumentName(name)
    except ValueError:
        raise DocumentNotFound from None


def kept(piece: Newspiece) -> dict[str, Any]:
    """A piece with its number."""
    return {"id": str(piece.id), **piece.shown()}
