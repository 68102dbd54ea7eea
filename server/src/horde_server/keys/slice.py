"""Keys, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.keys.routes import routes
from horde_server.keys.service import OwnKeys
from horde_server.keys.shared.routes import routes as shared_routes
from horde_server.keys.shared.service import SharedKeys
from horde_server.slice import Slice


class Keys(Slice):
    """Keys that accounts have for themselves, and those that they share."""

    def __init__(self, core: Core, identity: Identity) -> None:
        self._door = identity.door
        self._own = OwnKeys(core)
        self._shared = SharedKeys(core)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Both."""
        return [routes(self._own, self._door), shared_routes(self._shared, self._door)]
