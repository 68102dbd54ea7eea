"""The pages of the list of users: by kudos or by age, as cheap at the end as at the beginning (accounts.md §3.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from horde_server.accounts import ranking_store as store
from horde_server.accounts.ranking_store import Order, Place
from horde_server.database.pool import Connection

PER_PAGE: Final = 25
MOST_PAGES: Final = 10_000
STRETCH: Final = 100 * PER_PAGE
"""Users that a page is counted off from at most: a walk of the index of well under a millisecond."""
PLACES_FRESH_S: Final = 300.0
"""How long it is remembered where the stretches begin. The first 100 pages need none, and are always exact; on later
ones somebody whose kudos moved since may be met twice, or not at all, as happens to whoever turns pages meanwhile."""


class UserRanking:
    """Finds who stands on a page. Where each stretch begins is remembered."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._places: dict[Order, tuple[float, list[Place]]] = {}
        self._looking = asyncio.Lock()

    async def page(self, conn: Connection, number: int, order: Order) -> list[int]:
        """The accounts on a page, counted from 1; none beyond the last."""
        if number > MOST_PAGES:
            return []
        stretch, skipped = divmod((max(number, 1) - 1) * PER_PAGE, STRETCH)
        start: Place | None = None
        if stretch:
            places = await self._places_of(conn, order)
            if stretch > len(places):
                return []
            start = places[stretch - 1]
        return await store.ids_from(conn, order, start, skipped=skipped, most=PER_PAGE)

    async def _places_of(self, conn: Connection, order: Order) -> list[Place]:
        async with self._looking:  # one walk, however many ask
            known = self._places.get(order)
            if known is None or self._monotonic() - known[0] > PLACES_FRESH_S:
                found = await store.places_of_each(conn, order, stretch=STRETCH, most=MOST_PAGES * PER_PAGE)
                known = self._places[order] = self._monotonic(), found
            return known[1]
