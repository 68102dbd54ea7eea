"""Styles, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Iterable, Mapping
from typing import Any

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.periodic import every
from horde_server.slice import Slice
from horde_server.styles import collection_routes, example_routes, routes
from horde_server.styles.choice import StyleChoice
from horde_server.styles.collections import CollectionBook
from horde_server.styles.examples import StyleExamples
from horde_server.styles.kind import StyleKind
from horde_server.styles.names import Sort, unique_name
from horde_server.styles.service import StyleBook
from horde_server.styles.shared_keys import StylePayers
from horde_server.styles.store import names_of, remove_all_of
from horde_server.styles.uses import count_uses


class Styles(Slice):
    """Making and showing styles and collections; counts how often they are used. The kinds of requests open theirs."""

    def __init__(self, core: Core, identity: Identity, profanity: ProfanityFilter) -> None:
        self._core = core
        self._door = identity.door
        self._book = StyleBook(core, profanity)
        self._collections = CollectionBook(core.pool, profanity)
        self._kinds: list[StyleKind] = []
        self.choice = StyleChoice(core.pool)
        self.payers = StylePayers(core.pool, identity.accounts)

    def open(self, kind: StyleKind) -> None:
        """Have styles of this kind."""
        self._kinds.append(kind)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Styles of each kind, their examples, collections."""
        for kind in self._kinds:
            yield routes.routes(self._book, kind, self._door)
            if kind.shows_pictures:
                yield example_routes.routes(StyleExamples(self._core.pool, kind), kind, self._door)
        yield collection_routes.routes(self._collections, self._door)

    async def of_users(
        self, conn: Connection, account_ids: Collection[int], privilege: int
    ) -> Mapping[str, Mapping[int, Any]]:
        """The styles of users by their unique names; to others only public ones."""
        found: dict[int, list[dict[str, str]]] = {one: [] for one in account_ids}
        for style in await names_of(conn, account_ids, public_only=privilege < 1):
            name = unique_name(f"{style.username}#{style.account_id}", Sort.STYLE, style.name)
            found[style.account_id].append({"id": str(style.id), "name": name, "type": style.kind})
        return {"styles": found}

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """Its styles and collections, with their places in those of others."""
        await remove_all_of(conn, account_id)

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Count uses."""
        return {"style uses": every(self._core.settings.fold_interval_s, self._count_uses)}

    async def _count_uses(self) -> None:
        await count_uses(self._core.pool)
