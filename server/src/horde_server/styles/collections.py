"""Collections: named lists of styles of one kind, of which a request draws one (styles.md §5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from horde_server.audit.trail import actor_of, record, subject
from horde_server.database.pool import Connection, Pool
from horde_server.errors import BadRequest
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.styles import collection_store, store
from horde_server.styles.choice import find_collection, find_style
from horde_server.styles.content import check_decency, check_name
from horde_server.styles.names import cleaned, parse_id
from horde_server.styles.refusals import (
    CollectionNotFound,
    NotYours,
    StyleMismatch,
    StylesAnonForbidden,
    TooManyStyles,
)
from horde_server.styles.schemas import CollectionBody, named, require
from horde_server.styles.service import PAGE_STYLES, check_owner
from horde_server.styles.style import Collection, Style

MOST_COLLECTIONS: Final = 100
"""Of one account."""
MOST_MEMBERS: Final = 100


class CollectionBook:
    """The collections of this horde."""

    def __init__(self, pool: Pool, profanity: ProfanityFilter) -> None:
        self._pool = pool
        self._profanity = profanity

    async def page(self, *, kind: str | None, sort: str, page: int) -> list[Collection]:
        """Public collections, 25 a page."""
        async with self._pool.connection() as conn:
            return await collection_store.page(
                conn, kind=kind, sort=sort, skip=(page - 1) * PAGE_STYLES, most=PAGE_STYLES
            )

    async def by_id(self, collection_id: str) -> Collection:
        """The collection with this id. Raises `CollectionNotFound`."""
        async with self._pool.connection() as conn:
            return await _find(conn, collection_id)

    async def by_name(self, name: str, caller: Caller) -> Collection:
        """The collection that this name means to the caller. Raises `CollectionNotFound`."""
        asker_id = caller.account.id if caller.account is not None else None
        async with self._pool.connection() as conn:
            found = await find_collection(conn, name, kind=None, asker_id=asker_id)
        if found is None:
            raise CollectionNotFound
        return found

    async def add(self, body: CollectionBody, caller: Caller) -> UUID:
        """Make a collection of the caller's."""
        require(body, "name", "styles")
        account = _maker(caller)
        name, info = cleaned(body.name), cleaned(body.info) or None
        check_name(name)
        check_decency(self._profanity, (name, info))
        collection_id = uuid4()
        async with self._pool.connection() as conn, conn.transaction():
            styles = await _styles(conn, body.styles, account)
            await store.lock_owner(conn, account.id)
            if await collection_store.count_of(conn, account.id) >= MOST_COLLECTIONS:
                raise TooManyStyles(f"You have {MOST_COLLECTIONS} collections, as many as an account may: delete some.")
            kind = styles[0].kind
            if not await collection_store.add(
                conn, collection_id, kind, account.id, name=name, info=info, public=body.public
            ):
                raise BadRequest(f"You have a collection named {name!r} already: change that, or choose another name.")
            await collection_store.fill(conn, collection_id, [style.id for style in styles])
        return collection_id

    async def change(self, collection_id: str, body: CollectionBody, caller: Caller) -> UUID:
        """Change what is named of one's own collection; `styles` replaces all of them."""
        account = caller.user
        columns = _columns(body)
        async with self._pool.connection() as conn, conn.transaction():
            known = await _find(conn, collection_id)
            if account.id != known.owner_id:
                raise NotYours("Only its owner may change a collection.")
            if "name" in columns:
                check_name(columns["name"])
            check_decency(self._profanity, (columns.get("name"), columns.get("info")))
            styles = await _styles(conn, body.styles, account) if "styles" in body.model_fields_set else None
            if styles and styles[0].kind != known.kind:
                raise StyleMismatch(f"This is a collection of kind {known.kind}, and these styles are not.")
            changed = await collection_store.change(conn, known.id, columns)  # locks it, also without columns
            if changed is None:
                raise BadRequest(f"You have another collection named {columns['name']!r}: choose another name.")
            if not changed:
                raise CollectionNotFound
            if styles:
                await collection_store.fill(conn, known.id, [style.id for style in styles])
        return known.id

    async def remove(self, collection_id: str, caller: Caller) -> None:
        """Delete one's own collection, or as a moderator anybody's; its styles stay."""
        account = caller.user
        if account.kind == "anonymous":
            raise StylesAnonForbidden
        async with self._pool.connection() as conn, conn.transaction():
            known = await _find(conn, collection_id)
            check_owner(known.owner_id, caller)
            if not await collection_store.remove(conn, known.id):
                raise CollectionNotFound
            if account.id != known.owner_id:
                await record(
                    conn,
                    actor_of(caller),
                    "collection.delete",
                    subject("collection", known.id),
                    old={"name": known.name, "kind": known.kind},
                    concerns=known.owner_id,
                )


async def _find(conn: Connection, collection_id: str) -> Collection:
    known_id = parse_id(collection_id)
    found = await collection_store.find(conn, known_id) if known_id is not None else None
    if found is None:
        raise CollectionNotFound
    return found


def _maker(caller: Caller) -> Account:
    account = caller.user
    if account.kind == "anonymous":
        raise StylesAnonForbidden
    return account


def _columns(body: CollectionBody) -> dict[str, Any]:
    columns = {name: value for name, value in named(body).items() if name != "styles"}
    for name in ("name", "info"):
        if name in columns:
            columns[name] = cleaned(columns[name])
    return columns


async def _styles(conn: Connection, references: Sequence[str], account: Account) -> list[Style]:
    """The styles that are named, each once, all of one kind; anyone's may be."""
    wanted = list(dict.fromkeys(references))
    if len(wanted) > MOST_MEMBERS:
        raise BadRequest(f"A collection has at most {MOST_MEMBERS} styles.")
    ids = [style_id for reference in wanted if (style_id := parse_id(reference)) is not None]
    by_id = {style.id: style for style in (await store.find_all(conn, ids) if ids else ())}
    found: dict[UUID, Style] = {}
    for reference in wanted:
        style_id = parse_id(reference)
        style = (
            by_id.get(style_id)
            if style_id is not None
            else await find_style(conn, reference, kind=None, asker_id=account.id)
        )
        if style is None:
            raise BadRequest(f"There is no style {reference[:100]!r}.")
        found.setdefault(style.id, style)
    styles = list(found.values())
    if any(style.kind != styles[0].kind for style in styles):
        raise BadRequest("The styles of a collection are all of one kind, for images or for texts.")
    return styles
