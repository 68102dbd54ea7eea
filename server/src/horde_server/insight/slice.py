"""Health, status and metrics, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.insight.health import routes as health_routes
from horde_server.insight.proxies import routes as proxy_routes
from horde_server.insight.status_routes import routes as status_routes
from horde_server.slice import Gauge, Slice
from horde_server.workers.directory import WorkerDirectory


class Insight(Slice):
    """How the horde and this node are doing."""

    def __init__(self, core: Core, dispatch: Dispatch, workers: WorkerDirectory, slices: Iterable[Slice]) -> None:
        """`slices`: all of the node, whose gauges /metrics tells."""
        self._core = core
        self._kinds = dispatch.kinds
        self._queues = dispatch.queues
        self._workers = workers
        self._slices = slices

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Status for everybody, health and metrics for whoever runs the node."""
        core = self._core
        gauges = [gauge for each in self._slices for gauge in each.gauges()]
        return [
            status_routes(core.pool, self._kinds, self._queues, self._workers),
            health_routes(core.settings, core.pool, gauges),
            proxy_routes(core.clients),
        ]

    def gauges(self) -> Iterable[Gauge]:
        """The pool of connections."""
        pool = self._core.pool
        return [
            Gauge(
                "openhorde_pool_waiting",
                "Callers waiting for a connection",
                lambda: pool.get_stats().get("requests_waiting", 0),
            )
        ]
