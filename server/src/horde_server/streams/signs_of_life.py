"""Pieces as signs of life: a slow worker that goes on is left at it, one that falls silent is not waited for.

Pieces move a job's deadline in memory; what stands in the database follows in one statement for all jobs, and only
where a worker needs longer than its lease. Who was heard and is silent now is overdue at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import structlog

from horde_server.database.pool import Pool
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.streams import store
from horde_server.streams.losses import Losses
from horde_server.streams.relay import Relay
from horde_server.streams.streamed_job import MOST_LEASES, StreamedJob

log = structlog.get_logger(__name__)

_MARGIN_S = 20.0
"""A deadline is moved in the database when it is so near, or a quarter of the lease: every few seconds at most."""
_STOOD_STILL_S = 5.0
"""A look that comes so late was held up, and what was not heard meanwhile is nobody's silence."""

_FORWARDED = 1.5
"""So much longer a job is waited for whose pieces come to another node, which notices its silence first."""


class SignsOfLife:
    """Looks at the jobs whose workers send pieces. Belongs to the event loop."""

    def __init__(
        self,
        pool: Pool,
        relay: Relay,
        losses: Losses,
        dispatchers: Mapping[str, Dispatcher[Any]],
        clock: Callable[[], float],
        *,
        silence_s: float,
    ) -> None:
        self._pool = pool
        self._relay = relay
        self._losses = losses
        self._dispatchers = dispatchers
        self._clock = clock
        self._silence_s = silence_s
        self._looked_s = clock()

    async def look(self) -> None:
        """Move the deadlines that are near; give up jobs of which nothing was heard. O(jobs)."""
        now = self._clock()
        if now - self._looked_s > _STOOD_STILL_S:
            self.resumed()
        self._looked_s = now
        heard = [
            job
            for job in self._relay.jobs.values()
            if job.heard_s and not job.is_lost and (job.is_here or self._relay.is_listened_here(job.request_id))
        ]
        near = [
            job
            for job in heard
            if job.is_here and job.deadline_s - now < _margin_s(job) and job.wanted_deadline_s > job.deadline_s
        ]
        try:
            if near:
                await self._prolong(near)
            for job in heard:
                if now - job.heard_s > (self._silence_s if job.is_here else self._silence_s * _FORWARDED):
                    await self._losses.give_up(job, "silent")
                elif job.is_here and now > job.deadline_s:
                    await self._losses.give_up(job, "timeout")
        except psycopg.OperationalError:  # the next look does it
            log.info("streams.no_database", jobs=len(heard))

    def resumed(self) -> None:
        """The horde was down: deadlines were put off, and who could not be heard was not silent."""
        for job in self._relay.jobs.values():
            if job.heard_s:
                job.heard_s = self._clock()

    async def _prolong(self, jobs: list[StreamedJob]) -> None:
        async with self._pool.connection() as conn:
            states = await store.prolong(conn, [job.id for job in jobs], MOST_LEASES)
        for job in jobs:
            job.deadline_s = job.wanted_deadline_s
            self._dispatchers[job.kind].held_jobs.prolong(job.id, job.deadline_s)
        kinds = {job.request_id: job.kind for job in jobs}
        for state in states:
            self._dispatchers[kinds[state.id]].changed(state)


def _margin_s(job: StreamedJob) -> float:
    return min(_MARGIN_S, job.lease_s / 4)
