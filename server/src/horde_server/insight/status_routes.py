"""`/status/heartbeat`, `/status/models`, `/status/performance` (status.md §1)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from horde_server import VERSION
from horde_server.errors import InvalidPayload
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.etags import tagged_json
from horde_server.http.parameters import Name, Word
from horde_server.http.rights import Right
from horde_server.insight.answers import ActiveModel, HeartBeat, HordePerformance
from horde_server.insight.load import HordeLoad

_encode = msgspec.json.Encoder().encode
_WITH_MODELS = ("image", "text", "embedding")
_STATES = ("all", "known", "custom")


def routes(load: HordeLoad) -> APIRouter:
    """How the horde is doing."""
    router = DeclaredRouter("/api/v2/status", tags=["v2"])

    @router.get(
        "/heartbeat",
        right=Right.ANYBODY,
        operation_id="get_heartbeat",
        response_model=HeartBeat,
    )
    async def heartbeat() -> Response:
        """Whether this node is alive and reaches its database. Always 200, as the original; /readyz tells by status."""
        is_up = load.has_database
        body = {
            "message": "OK" if is_up else "DOWN",
            "version": VERSION,
            "queue": load.waiting_jobs,
            "threads": load.threads,
            "active_count": load.workers,
            "db_connection": is_up,
        }
        return json_response(_encode(body))

    @router.get(
        "/models",
        right=Right.ANYBODY,
        operation_id="get_models",
        response_model=list[ActiveModel],
        responses=refusals(),
    )
    async def models(
        request: Request,
        type: Word = "image",  # noqa: A002 - the API's own name
        min_count: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        max_count: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        model_state: Word = "all",
    ) -> Response:
        """Models that are served or asked for, with their workers and queues."""
        if model_state not in _STATES:
            raise InvalidPayload({"model_state": f"one of {', '.join(_STATES)}"})
        found = load.models(type) if type in _WITH_MODELS else []
        rows = [
            row
            for row in found
            if (min_count is None or row["count"] >= min_count)
            and (max_count is None or row["count"] <= max_count)
            and (model_state == "all" or load.knows_model(type, row["name"]) == (model_state == "known"))
        ]
        return tagged_json(request, _encode(rows))

    @router.get(
        "/models/{model_name:path}",
        right=Right.ANYBODY,
        operation_id="get_model_single",
        response_model=list[ActiveModel],
        responses=refusals(),
    )
    async def model(request: Request, model_name: Name) -> Response:
        """One model, in a list of none or one."""
        rows = [row for kind in _WITH_MODELS for row in load.models(kind) if row["name"] == model_name]
        return tagged_json(request, _encode(rows))

    @router.get(
        "/performance",
        right=Right.ANYBODY,
        operation_id="get_horde_load",
        response_model=HordePerformance,
        responses=refusals(),
    )
    async def performance(request: Request) -> Response:
        """Sums over queue and workers."""
        return tagged_json(request, _encode(await load.performance()))

    return router.api
