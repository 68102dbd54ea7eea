"""The log of jobs as a hook: what was delivered and what it earned, what failed and why."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from horde_worker.hooks import Delivery, Hook, Job
from horde_worker.tally import Tally

log = structlog.get_logger(__name__)


class JobLog(Hook):
    """Writes a line for each result and each failure, and counts what was earned."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    async def on_delivered(self, job: Job, delivery: Delivery) -> None:
        """One line for the result, and before it one for a day that is over by now."""
        if (over := self._tally.add(delivery.kudos)) is not None:
            log.info("worker.day", day=str(over[0]), results=over[1].results, kudos=over[1].kudos)
        log.info(
            "worker.delivered",
            model=job.model,
            **job.log_fields(),
            seconds=round(delivery.seconds, 1),
            kudos=delivery.kudos,
            kudos_today=self._tally.day.kudos,
        )

    async def on_fault(self, job: Job, ids: Sequence[str], error: Exception) -> None:
        """Why, and what kind of failure it was."""
        log.error("worker.job_failed", reason=str(error) or type(error).__name__, kind=type(error).__name__)

    async def on_lost(self, job: Job, place: int, reason: str) -> None:
        """Which result it was, and what the horde said."""
        log.warning("worker.not_delivered", job=job.ids[place], reason=reason)

    async def on_gate(self, reason: str) -> None:
        """Once for each reason."""
        if reason:
            log.warning("worker.waiting", reason=reason)
        else:
            log.info("worker.going_on")
