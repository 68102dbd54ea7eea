"""`/status/heartbeat`, `/status/models`, `/status/performance` (accounts.md §10)."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server import VERSION
from horde_server.database.pool import Pool
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.errors import InvalidPayload
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.insight.answers import ActiveModel, HeartBeat, HordePerformance
from horde_server.insight.health import database_answers
from horde_server.requests.model_reference import is_known
from horde_server.workers.directory import WorkerDirectory

_encode = msgspec.json.Encoder().encode
_STATES = ("all", "known", "custom")


def routes(pool: Pool, queue: LiveQueue, workers: WorkerDirectory) -> APIRouter:
    """How the horde is doing."""
    router = APIRouter(prefix="/api/v2/status", tags=["v2"])

    @router.get(
        "/heartbeat",
        operation_id="get_heartbeat",
        response_model=HeartBeat,
    )
    async def heartbeat() -> Response:
        """Whether this node is alive and reaches its database. Always 200, as the original; /readyz tells by status."""
        is_up = await database_answers(pool)
        online = list(workers.online())
        body = {
            "message": "OK" if is_up else "DOWN",
            "version": VERSION,
            "queue": queue.waiting_jobs,
            "threads": sum(worker.abilities.threads for worker in online),
            "active_count": len(online),
            "db_connection": is_up,
        }
        return json_response(_encode(body))

    @router.get("/models", operation_id="get_models", response_model=list[ActiveModel], responses=refusals())
    async def models(
        type: str = "image",  # noqa: A002 - the API's own name
        min_count: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        max_count: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        model_state: str = "all",
    ) -> Response:
        """Models that are served or asked for, with their workers and queues."""
        if model_state not in _STATES:
            raise InvalidPayload({"model_state": f"one of {', '.join(_STATES)}"})
        found = model_rows(queue, workers) if type == "image" else []
        rows = [
            row
            for row in found
            if (min_count is None or row["count"] >= min_count)
            and (max_count is None or row["count"] <= max_count)
            and (model_state == "all" or is_known(row["name"]) == (model_state == "known"))
        ]
        return json_response(_encode(rows))

    @router.get(
        "/models/{model_name}", operation_id="get_model_single", response_model=list[ActiveModel], responses=refusals()
    )
    async def model(model_name: str) -> Response:
        """One model, in a list of none or one."""
        return json_response(_encode([row for row in model_rows(queue, workers) if row["name"] == model_name]))

    @router.get("/performance", operation_id="get_horde_load", response_model=HordePerformance, responses=refusals())
    async def performance() -> Response:
        """Sums over queue and workers."""
        online = list(workers.online())
        async with pool.connection() as conn:
            cursor = await conn.execute(
                "SELECT coalesce(sum(things), 0) FROM ledger"
                " WHERE created_at > now() - interval '1 minute' AND domain = 'image'"
            )
            (past_minute,) = await cursor.fetchone() or (0.0,)
        body = {
            "queued_requests": queue.waiting_jobs,
            "queued_text_requests": 0,
            "worker_count": len(online),
            "text_worker_count": 0,
            "thread_count": sum(worker.abilities.threads for worker in online),
            "text_thread_count": 0,
            "queued_megapixelsteps": round(queue.waiting_things / 1e6, 2),
            "past_minute_megapixelsteps": round(past_minute / 1e6, 2),
            "queued_forms": 0,
            "interrogator_count": 0,
            "interrogator_thread_count": 0,
            "queued_tokens": 0,
            "past_minute_tokens": 0,
        }
        return json_response(_encode(body))

    return router


def model_rows(queue: LiveQueue, workers: WorkerDirectory) -> list[dict[str, Any]]:
    """Every model that a worker serves, or that is known and asked for."""
    threads: defaultdict[str, int] = defaultdict(int)
    speeds: defaultdict[str, list[float]] = defaultdict(list)
    for worker in workers.online():
        if not worker.maintenance:
            for name in worker.abilities.models:
                threads[name] += worker.abilities.threads
                speeds[name].append(worker.speed)
    waiting = queue.waiting_by_model()
    names = dict.fromkeys([*threads, *(name for name in waiting if is_known(name))])
    rows = []
    for name in names:
        jobs, things = waiting.get(name, (0, 0.0))
        performance = round(sum(speeds[name]) / len(speeds[name]), 1) if speeds[name] else 0.0
        speed = threads[name] * performance
        rows.append(
            {
                "name": name,
                "count": threads[name],
                "performance": performance,
                "queued": things,
                "jobs": jobs,
                "eta": int(things / speed) if speed else 10_000,
                "type": "image",
            }
        )
    return rows
