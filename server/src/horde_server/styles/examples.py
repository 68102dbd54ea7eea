"""Pictures that show a style; exactly one of them stands for it at all times (styles.md §2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID, uuid4

from horde_server.audit.trail import actor_of, record, subject
from horde_server.database.pool import Connection, Pool
from horde_server.errors import BadRequest
from horde_server.identity.caller import Caller
from horde_server.styles import example_store
from horde_server.styles.kind import StyleKind
from horde_server.styles.names import parse_id
from horde_server.styles.refusals import (
    ExampleURLAlreadyInUse,
    StyleExampleNotFound,
    StyleNotFound,
    StylesAnonForbidden,
    TooManyStyleExamples,
)
from horde_server.styles.schemas import ExampleBody, require
from horde_server.styles.service import check_owner, find_of_kind
from horde_server.styles.style import Style
from horde_server.visible_text import invisible_character

MOST_EXAMPLES: Final = 4


class StyleExamples:
    """The examples of styles of one kind, changed by their owners and moderators."""

    def __init__(self, pool: Pool, kind: StyleKind) -> None:
        self._pool = pool
        self._kind = kind

    async def add(self, style_id: str, body: ExampleBody, caller: Caller) -> UUID:
        """Add an example; the first one stands for the style, whatever is said of it."""
        require(body, "url")
        _check_url(body.url)
        async with self._changing(style_id, caller, "style.example_add", {"url": body.url}) as (conn, style):
            if len(style.examples) >= MOST_EXAMPLES:
                raise TooManyStyleExamples
            example_id = uuid4()
            if not await example_store.add(conn, example_id, style.id, body.url):
                raise ExampleURLAlreadyInUse
            await example_store.make_primary(conn, example_id if body.primary else None, style.id)
        return example_id

    async def change(self, style_id: str, example_id: str, body: ExampleBody, caller: Caller) -> UUID:
        """Give it another address, or let it stand for the style; the only way not to is to choose another one."""
        given = body.model_fields_set
        if "url" in given:
            _check_url(body.url)
        async with self._changing(style_id, caller, "style.example_change", {"example": example_id}) as (conn, style):
            known = _example_of(style, example_id)
            known_id = UUID(known["id"])
            if "url" in given:
                moved = await example_store.move(conn, known_id, style.id, body.url)
                if moved is None:
                    raise ExampleURLAlreadyInUse
            if body.primary:
                await example_store.make_primary(conn, known_id, style.id)
            elif "primary" in given and known["primary"]:
                raise BadRequest("A style has one primary example: make another one primary instead.")
        return known_id

    async def remove(self, style_id: str, example_id: str, caller: Caller) -> None:
        """Remove it; where it stood for the style, the oldest one left does."""
        async with self._changing(style_id, caller, "style.example_delete", {"example": example_id}) as (conn, style):
            known = _example_of(style, example_id)
            await example_store.remove(conn, UUID(known["id"]), style.id)
            await example_store.make_primary(conn, None, style.id)

    @asynccontextmanager
    async def _changing(
        self, style_id: str, caller: Caller, action: str, told: dict[str, Any]
    ) -> AsyncIterator[tuple[Connection, Style]]:
        """A transaction in which nobody else changes the style's examples; what a moderator does is recorded."""
        account = caller.user
        if account.kind == "anonymous":
            raise StylesAnonForbidden
        async with self._pool.connection() as conn, conn.transaction():
            style = await find_of_kind(conn, self._kind, style_id)
            check_owner(style.owner_id, caller)
            if not await example_store.lock_style(conn, style.id):
                raise StyleNotFound
            yield conn, await find_of_kind(conn, self._kind, style_id)  # as it is now that it is locked
            if account.id != style.owner_id:
                await record(
                    conn, actor_of(caller), action, subject("style", style.id), new=told, concerns=style.owner_id
                )


def _check_url(url: str) -> None:
    if not url.startswith("https://") or len(url) < len("https://x"):
        raise BadRequest("The address of an example begins with https://")
    if " " in url or invisible_character(url) is not None:
        raise BadRequest("The address of an example has no blanks and nothing that is not seen.")


def _example_of(style: Style, example_id: str) -> dict[str, Any]:
    wanted = parse_id(example_id)
    for example in style.examples:
        if wanted is not None and UUID(example["id"]) == wanted:
            return example
    raise StyleExampleNotFound
