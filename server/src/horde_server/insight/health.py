"""`/healthz`, `/readyz` and `/metrics` for whoever runs the horde."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, ProcessCollector, generate_latest
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from horde_server.database.pool import Pool
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.http.body import json_response
from horde_server.workers.directory import WorkerDirectory


async def database_answers(pool: Pool) -> bool:
    """Whether a query goes through, within a second or two."""
    try:
        async with pool.connection(timeout=2.0) as conn:
            await conn.execute("SELECT 1")
    except (OperationalError, PoolTimeout):
        return False
    return True


def routes(pool: Pool, queues: Mapping[str, LiveQueue], workers: WorkerDirectory) -> APIRouter:
    """Health of this node; `/healthz` depends on nothing shared."""
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for name, help_text, value in (
        (
            "openhorde_waiting_jobs",
            "Jobs that wait for a worker",
            lambda: sum(queue.waiting_jobs for queue in queues.values()),
        ),
        (
            "openhorde_mirrored_requests",
            "Requests in the live queues of this node",
            lambda: sum(len(queue.entries) for queue in queues.values()),
        ),
        ("openhorde_online_workers", "Workers that checked in lately", lambda: len(workers.online())),
        (
            "openhorde_pool_waiting",
            "Callers waiting for a connection",
            lambda: pool.get_stats().get("requests_waiting", 0),
        ),
    ):
        Gauge(name, help_text, registry=registry).set_function(value)

    @router.get("/healthz")
    async def healthz() -> Response:
        return json_response(b'{"message":"OK"}')

    @router.get("/readyz")
    async def readyz() -> Response:
        if await database_answers(pool):
            return json_response(b'{"message":"OK"}')
        return json_response(b'{"message":"The database does not answer."}', 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
