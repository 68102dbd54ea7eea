"""Statistics, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.periodic import every
from horde_server.slice import Slice
from horde_server.statistics.routes import routes
from horde_server.statistics.service import Statistics

_FORGET_EVERY_S = 600.0


class Stats(Slice):
    """Tells what was made; forgets what is too fine for its age."""

    def __init__(self, core: Core, dispatch: Dispatch) -> None:
        self._statistics = Statistics(core.pool, dispatch.kinds, core.monotonic)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Statistics for everybody."""
        return [routes(self._statistics)]

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Forget; harmless on several nodes at once."""
        return {"statistics": every(_FORGET_EVERY_S, self._statistics.forget)}
