"""`/healthz`, `/readyz` and `/metrics` for whoever runs the horde."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client import Gauge as PrometheusGauge
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from horde_server.database.pool import Pool
from horde_server.http.body import json_response
from horde_server.insight.disk_room import floor_of, local_places, what_is_full
from horde_server.settings import Settings
from horde_server.slice import Gauge

_LOOK_LIMIT_S = 2.0  # at the disks: one of another machine may hang


async def database_answers(pool: Pool) -> bool:
    """Whether a query goes through; not longer than the watch needs to know that none does."""
    try:
        async with pool.connection(timeout=2.0) as conn:
            await conn.execute("SELECT 1")
    except (OperationalError, PoolTimeout):
        return False
    return True


class DiskWatch:
    """What the disks lack, looked at by one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        self._places = local_places(settings)
        self._floor = floor_of(settings)
        self._looking: asyncio.Task[str | None] | None = None

    async def complaint(self) -> str | None:
        """None when all have room."""
        looking = self._looking
        if looking is None or looking.done():
            looking = asyncio.create_task(asyncio.to_thread(what_is_full, self._places, self._floor))
            self._looking = looking
        done, _ = await asyncio.wait((looking,), timeout=_LOOK_LIMIT_S)
        return looking.result() if done else "The disks of the data folder do not answer."


def routes(settings: Settings, pool: Pool, gauges: Iterable[Gauge]) -> APIRouter:
    """Health of this node, and the figures that its slices tell; `/healthz` depends on nothing shared."""
    disks = DiskWatch(settings)
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for name, help_text, value in gauges:
        PrometheusGauge(name, help_text, registry=registry).set_function(value)

    @router.get("/healthz")
    async def healthz() -> Response:
        return json_response(b'{"message":"OK"}')

    @router.get("/readyz")
    async def readyz() -> Response:
        if not await database_answers(pool):
            return json_response(b'{"message":"The database does not answer."}', 503)
        if complaint := await disks.complaint():
            return json_response(msgspec.json.encode({"message": complaint}), 503)
        return json_response(b'{"message":"OK"}')

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
