"""`/healthz`, `/readyz` and `/metrics` for whoever runs the horde: parse, call, answer."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client import Gauge as PrometheusGauge

from horde_server.http.body import json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.rights import Right
from horde_server.insight.health import Health
from horde_server.slice import Gauge


def routes(health: Health, gauges: Iterable[Gauge]) -> APIRouter:
    """Health of this node, and the figures that its slices tell; `/healthz` depends on nothing shared."""
    router = DeclaredRouter(include_in_schema=False)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for name, help_text, value in gauges:
        PrometheusGauge(name, help_text, registry=registry).set_function(value)

    @router.get("/healthz", right=Right.ANYBODY)
    async def healthz() -> Response:
        return json_response(b'{"message":"OK"}')

    @router.get("/readyz", right=Right.ANYBODY)
    async def readyz() -> Response:
        if complaint := await health.complaint():
            return json_response(msgspec.json.encode({"message": complaint}), 503)
        return json_response(b'{"message":"OK"}')

    @router.get("/metrics", right=Right.ANYBODY)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router.api
