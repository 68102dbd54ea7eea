"""Pop strategies: how a worker gets jobs, wherever they come from."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from horde_sdk.consts import KNOWN_DISPATCH_SOURCE, WORKER_TYPE

if TYPE_CHECKING:
    from horde_sdk.worker.job_base import HordeWorkerJob

JobT = TypeVar("JobT", bound="HordeWorkerJob[Any, Any]")


class JobPopStrategyGeneric(ABC, Generic[JobT]):
    """Gets jobs of one kind from one place, and not too often."""

    def __init__(self, default_job_pop_time_spacing: float = 1.0) -> None:
        """Get jobs.

        Args:
            default_job_pop_time_spacing: Seconds between one attempt and the next, at least.
        """
        self._spacing_s = default_job_pop_time_spacing
        self._last_pop_s: float | None = None

    def seconds_until_next_pop(self) -> float:
        """Return how long the next attempt has to wait, in seconds."""
        if self._last_pop_s is None:
            return 0.0
        return max(0.0, self._last_pop_s + self._spacing_s - time.monotonic())

    def _note_pop(self) -> None:
        self._last_pop_s = time.monotonic()

    @abstractmethod
    def get_worker_type(self) -> WORKER_TYPE:
        """Return the kind of worker that does the jobs."""

    @abstractmethod
    def get_dispatch_source(self) -> KNOWN_DISPATCH_SOURCE | str:
        """Return the place that the jobs come from."""

    @abstractmethod
    def pop_job(self) -> JobT | None:
        """Return a job, `None` if there is none."""

    @abstractmethod
    async def async_pop_job(self) -> JobT | None:
        """Return a job, `None` if there is none."""
