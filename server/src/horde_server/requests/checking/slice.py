"""Looking at many requests at once, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.requests.checking.routes import routes
from horde_server.requests.checking.service import Checks
from horde_server.requests.things import Things
from horde_server.requests.waiting import Waiting
from horde_server.slice import Slice


class Checking(Slice):
    """Of requests of all kinds, for whoever knows their ids."""

    def __init__(self, identity: Identity, moderation: Moderation, things: Things, waiting: Waiting) -> None:
        self._door = identity.door
        self._addresses = moderation.addresses
        self._checks = Checks(things, waiting)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """One."""
        return [routes(self._checks, self._addresses, self._door)]
