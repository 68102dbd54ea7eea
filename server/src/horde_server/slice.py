"""A slice: one subject of the horde (accounts, workers, images …), which tells by itself what it adds to a node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from fastapi import APIRouter

from horde_server.database.pool import Connection
from horde_server.http.hot_routes import HotRoutes

Heard: TypeAlias = Callable[[list[str]], Awaitable[None]]
"""Takes over that the rows with these ids were changed."""


class Gauge(NamedTuple):
    """A figure of this process for /metrics, read when it is asked for."""

    name: str
    help_text: str
    value: Callable[[], float]


class Slice:
    """Base of all slices: adds nothing. A subclass overrides what it has; its attributes are its services."""

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Its part of the API. Routes that are called most are declared to `hot` too."""
        return ()

    def notices(self) -> Mapping[str, Heard]:
        """What to do when another node has changed rows, by topic."""
        return {}

    async def load(self) -> None:
        """Fill what mirrors the database; at start."""
        await self.reload()

    async def reload(self) -> None:
        """Bring what mirrors the database up to date; from time to time."""

    async def missed(self) -> None:
        """Notices may have been missed."""
        await self.reload()

    async def resumed(self) -> None:
        """The horde was down for a while, and times in the database were put off by as much."""

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What it does by itself as long as the node runs, by name."""
        return {}

    def gauges(self) -> Iterable[Gauge]:
        """What it tells at /metrics."""
        return ()

    async def of_users(
        self, conn: Connection, account_ids: Collection[int], privilege: int
    ) -> Mapping[str, Mapping[int, Any]]:
        """What users are shown with of what it keeps: by field of the user object (`styles`), then by account.

        `privilege`: 0 for anybody, 1 for the user, 2 for moderators (accounts.md §3.3). A field that is not told at
        this privilege is left out. Few queries for all of the accounts together, as a page of users is asked for.
        """
        return {}

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """An account is wiped for good: remove what it keeps of the person, in the caller's transaction.

        What the horde's books need stays, without a name. Doing it again is harmless.
        """


class Slices:
    """The slices of a node, together, in the order they were added."""

    def __init__(self) -> None:
        self._all: list[Slice] = []
        self._heard: defaultdict[str, list[Heard]] = defaultdict(list)

    def add(self, *slices: Slice) -> None:
        """Let them take part."""
        for each in slices:
            self._all.append(each)
            for topic, heard in each.notices().items():
                self._heard[topic].append(heard)

    def __iter__(self) -> Iterator[Slice]:
        return iter(self._all)

    async def hear(self, topic: str, ids: list[str]) -> None:
        """Rows were changed: let the slices know that mirror them."""
        for heard in self._heard.get(topic, ()):
            await heard(ids)

    async def load(self) -> None:
        """Fill all mirrors."""
        for each in self._all:
            await each.load()

    async def reload(self) -> None:
        """Bring all mirrors up to date."""
        for each in self._all:
            await each.reload()

    async def missed(self) -> None:
        """Notices may have been missed: nothing that is remembered is relied on."""
        for each in self._all:
            await each.missed()

    async def resumed(self) -> None:
        """The horde was down for a while."""
        for each in self._all:
            await each.resumed()

    async def of_users(
        self, conn: Connection, account_ids: Collection[int], privilege: int
    ) -> dict[str, Mapping[int, Any]]:
        """What all of them show of users, by field and account."""
        found: dict[str, Mapping[int, Any]] = {}
        for each in self._all:
            found.update(await each.of_users(conn, account_ids, privilege))
        return found

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """Remove what any of them keeps of the person, in the caller's transaction."""
        for each in self._all:
            await each.wipe(conn, account_id)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What they do by themselves; every name once."""
        found: dict[str, Coroutine[Any, Any, None]] = {}
        for each in self._all:
            for name, work in each.work().items():
                assert name not in found, name
                found[name] = work
        return found
