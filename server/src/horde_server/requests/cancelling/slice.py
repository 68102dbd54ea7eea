"""Cancelling many requests at once, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.requests.cancelling.routes import routes
from horde_server.slice import Slice


class Cancelling(Slice):
    """Of requests of all kinds, for moderators."""

    def __init__(self, identity: Identity, dispatch: Dispatch) -> None:
        self._door = identity.door
        self._bulk_cancel = dispatch.bulk_cancel

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """For moderators."""
        return [routes(self._bulk_cancel, self._door)]
