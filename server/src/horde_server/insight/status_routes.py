"""`/status/heartbeat`, `/status/models`, `/status/performance` (status.md §1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server import VERSION
from horde_server.database.pool import Pool
from horde_server.dispatch.kind import WorkerRules
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.errors import InvalidPayload
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.parameters import Name, Word
from horde_server.insight import store
from horde_server.insight.answers import ActiveModel, HeartBeat, HordePerformance
from horde_server.workers.directory import WorkerDirectory

_encode = msgspec.json.Encoder().encode
_WITH_MODELS = ("image", "text")
_STATES = ("all", "known", "custom")


def routes(
    pool: Pool, kinds: Mapping[str, WorkerRules], queues: Mapping[str, LiveQueue], workers: WorkerDirectory
) -> APIRouter:
    """How the horde is doing."""
    router = APIRouter(prefix="/api/v2/status", tags=["v2"])

    @router.get(
        "/heartbeat",
        operation_id="get_heartbeat",
        response_model=HeartBeat,
    )
    async def heartbeat() -> Response:
        """Whether this node is alive and reaches its database. Always 200, as the original; /readyz tells by status."""
        is_up = not pool.is_away  # from memory: this is asked most, and never waits
        online = workers.online()
        body = {
            "message": "OK" if is_up else "DOWN",
            "version": VERSION,
            "queue": sum(queue.waiting_jobs for queue in queues.values()),
            "threads": sum(worker.abilities.threads for worker in online),
            "active_count": len(online),
            "db_connection": is_up,
        }
        return json_response(_encode(body))

    @router.get("/models", operation_id="get_models", response_model=list[ActiveModel], responses=refusals())
    async def models(
        type: Word = "image",  # noqa: A002 - the API's own name
        min_count: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        max_count: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
        model_state: Word = "all",
    ) -> Response:
        """Models that are served or asked for, with their workers and queues."""
        if model_state not in _STATES:
            raise InvalidPayload({"model_state": f"one of {', '.join(_STATES)}"})
        found = model_rows(kinds[type], queues[type], workers) if type in _WITH_MODELS else []
        rows = [
            row
            for row in found
            if (min_count is None or row["count"] >= min_count)
            and (max_count is None or row["count"] <= max_count)
            and (model_state == "all" or kinds[type].knows_model(row["name"]) == (model_state == "known"))
        ]
        return json_response(_encode(rows))

    @router.get(
        "/models/{model_name:path}",
        operation_id="get_model_single",
        response_model=list[ActiveModel],
        responses=refusals(),
    )
    async def model(model_name: Name) -> Response:
        """One model, in a list of none or one."""
        return json_response(
            _encode(
                [
                    row
                    for kind in _WITH_MODELS
                    for row in model_rows(kinds[kind], queues[kind], workers)
                    if row["name"] == model_name
                ]
            )
        )

    @router.get("/performance", operation_id="get_horde_load", response_model=HordePerformance, responses=refusals())
    async def performance() -> Response:
        """Sums over queue and workers."""
        async with pool.connection() as conn:
            past_minute = await store.work_of_past_minute(conn)
        image_workers, text_workers = workers.online("image"), workers.online("text")
        alchemists = workers.online("interrogation")
        image, text = queues["image"], queues["text"]
        body = {
            "queued_requests": image.waiting_jobs,
            "queued_text_requests": text.waiting_jobs,
            "worker_count": len(image_workers),
            "text_worker_count": len(text_workers),
            "thread_count": sum(worker.abilities.threads for worker in image_workers),
            "text_thread_count": sum(worker.abilities.threads for worker in text_workers),
            "queued_megapixelsteps": round(image.waiting_things / 1e6, 2),
            "past_minute_megapixelsteps": round(past_minute.get("image", 0) / 1e6, 2),
            "queued_forms": queues["interrogation"].waiting_jobs,
            "interrogator_count": len(alchemists),
            "interrogator_thread_count": sum(worker.abilities.threads for worker in alchemists),
            "queued_tokens": round(text.waiting_things),
            "past_minute_tokens": round(past_minute.get("text", 0)),
        }
        return json_response(_encode(body))

    return router


def model_rows(kind: WorkerRules, queue: LiveQueue, workers: WorkerDirectory) -> list[dict[str, Any]]:
    """Every model that a worker of the kind serves, or that is known and asked for."""
    threads: defaultdict[str, int] = defaultdict(int)
    speeds: defaultdict[str, list[float]] = defaultdict(list)
    for worker in workers.online(kind.name):
        if not worker.maintenance:
            for name in worker.abilities.models:
                threads[name] += worker.abilities.threads
                speeds[name].append(worker.speed)
    waiting = queue.waiting_by_model()
    names = dict.fromkeys([*threads, *(name for name in waiting if kind.knows_model(name))])
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
                "type": kind.name,
            }
        )
    return rows
