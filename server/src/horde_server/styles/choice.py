"""Which style a request means: by id or name, itself or drawn from a collection (styles.md §3, §4)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection, Pool
from horde_server.styles import collection_store, store
from horde_server.styles.names import Reference, Sort, parse_id, parse_reference
from horde_server.styles.refusals import StyleMismatch, StyleNotFound
from horde_server.styles.style import Collection, Style
from horde_server.styles.uses import StyleUse


class Chosen(NamedTuple):
    """A style, and what its use counts for."""

    style: Style
    use: StyleUse


async def find_style(conn: Connection, reference: str, *, kind: str | None, asker_id: int | None) -> Style | None:
    """The style with this id or name, whatever its kind; of several names that of the kind."""
    if (style_id := parse_id(reference)) is not None:
        return await store.find(conn, style_id)
    wanted = parse_reference(reference)
    if wanted is None or wanted.sort is Sort.COLLECTION:
        return None
    return await store.find_named(conn, wanted, kind=kind, asker_id=asker_id)


async def find_collection(
    conn: Connection, reference: str, *, kind: str | None, asker_id: int | None
) -> Collection | None:
    """The collection with this id or name; of several names that of the kind."""
    if (collection_id := parse_id(reference)) is not None:
        return await collection_store.find(conn, collection_id)
    wanted: Reference | None = parse_reference(reference)
    if wanted is None or wanted.sort is Sort.STYLE:
        return None
    return await collection_store.find_named(conn, wanted, kind=kind, asker_id=asker_id)


class StyleChoice:
    """Finds what requests name."""

    def __init__(self, pool: Pool, draw: Callable[[Sequence[UUID]], UUID] = random.choice) -> None:
        """`draw`: one of several, each as likely."""
        self._pool = pool
        self._draw = draw

    async def choose(self, reference: str, *, kind: str, asker_id: int | None) -> Chosen:
        """The style; of a collection each member is as likely. Raises `StyleNotFound` and `StyleMismatch`."""
        async with self._pool.connection() as conn:
            style = await find_style(conn, reference, kind=kind, asker_id=asker_id)
            if style is not None and style.kind == kind:
                return Chosen(style, _use(style))
            collection = await find_collection(conn, reference, kind=kind, asker_id=asker_id)
            if collection is None or collection.kind != kind:
                raise StyleNotFound if style is None and collection is None else StyleMismatch
            if not collection.styles:
                raise StyleNotFound("This collection has no style any more.")
            drawn = await store.find(conn, self._draw([UUID(each["id"]) for each in collection.styles]))
        if drawn is None:  # deleted in this moment
            raise StyleNotFound
        return Chosen(drawn, _use(drawn, collection.id))


def _use(style: Style, *also: UUID) -> StyleUse:
    return StyleUse((style.id, *also), style.kind, style.owner_id, style.owner_earns)
