"""How much waits and who serves it: sums over queues and workers, and by model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from horde_server.database.pool import Pool
from horde_server.dispatch.kind import WorkerRules
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.insight import store
from horde_server.workers.directory import WorkerDirectory


class HordeLoad:
    """The load as this node sees it."""

    def __init__(
        self,
        pool: Pool,
        kinds: Mapping[str, WorkerRules],
        queues: Mapping[str, LiveQueue],
        workers: WorkerDirectory,
    ) -> None:
        self._pool = pool
        self._kinds = kinds
        self._queues = queues
        self._workers = workers

    @property
    def has_database(self) -> bool:
        """Whether the database answers, as far as is known: from memory, so that nobody who asks waits."""
        return not self._pool.is_away

    @property
    def waiting_jobs(self) -> int:
        """Jobs of all kinds that wait."""
        return sum(queue.waiting_jobs for queue in self._queues.values())

    @property
    def threads(self) -> int:
        """Jobs that the workers online can be at together."""
        return sum(worker.abilities.threads for worker in self._workers.online())

    @property
    def workers(self) -> int:
        """Workers online."""
        return len(self._workers.online())

    def knows_model(self, kind: str, name: str) -> bool:
        """Whether a model of this kind is in the catalogue."""
        return self._kinds[kind].knows_model(name)

    async def performance(self) -> dict[str, Any]:
        """Sums over queues and workers, and what was delivered within the last minute."""
        async with self._pool.connection() as conn:
            past_minute = await store.work_of_past_minute(conn)
        image_workers, text_workers = self._workers.online("image"), self._workers.online("text")
        alchemists = self._workers.online("interrogation")
        image, text = self._queues["image"], self._queues["text"]
        return {
            "queued_requests": image.waiting_jobs,
            "queued_text_requests": text.waiting_jobs,
            "worker_count": len(image_workers),
            "text_worker_count": len(text_workers),
            "thread_count": sum(worker.abilities.threads for worker in image_workers),
            "text_thread_count": sum(worker.abilities.threads for worker in text_workers),
            "queued_megapixelsteps": round(image.waiting_things / 1e6, 2),
            "past_minute_megapixelsteps": round(past_minute.get("image", 0) / 1e6, 2),
            "queued_forms": self._queues["interrogation"].waiting_jobs,
            "interrogator_count": len(alchemists),
            "interrogator_thread_count": sum(worker.abilities.threads for worker in alchemists),
            "queued_tokens": round(text.waiting_things),
            "past_minute_tokens": round(past_minute.get("text", 0)),
        }

    def models(self, kind: str) -> list[dict[str, Any]]:
        """Every model that a worker of the kind serves, or that is known and asked for."""
        rules = self._kinds[kind]
        threads: defaultdict[str, int] = defaultdict(int)
        speeds: defaultdict[str, list[float]] = defaultdict(list)
        for worker in self._workers.online(kind):
            if not worker.maintenance:
                for name in worker.abilities.models:
                    threads[name] += worker.abilities.threads
                    speeds[name].append(worker.speed)
        waiting = self._queues[kind].waiting_by_model()
        names = dict.fromkeys([*threads, *(name for name in waiting if rules.knows_model(name))])
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
                    "type": kind,
                }
            )
        return rows
