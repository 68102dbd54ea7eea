"""Pictures that this node serves itself, as one of its slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.blobs.choice import BlobStores
from horde_server.blobs.routes import routes
from horde_server.http.hot_routes import HotRoutes
from horde_server.slice import Slice


class Blobs(Slice):
    """Signed addresses of the stores that are folders."""

    def __init__(self, stores: BlobStores) -> None:
        self._stores = stores

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Upload and download."""
        return [routes(store) for store in self._stores.served]
