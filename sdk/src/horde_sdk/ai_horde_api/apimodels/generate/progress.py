"""Progress of a request: jobs by state, place in the queue, price so far."""

from __future__ import annotations

from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, ResponseWithProgressMixin


class ResponseGenerationProgressInfoMixin(HordeAPIObjectBaseModel, api_name="RequestStatusCheck"):
    """Counts of jobs by state, place in the queue and price so far."""

    finished: int
    """How many results are done."""
    processing: int
    """How many a worker works on."""
    restarted: int
    """How many were given to another worker."""
    waiting: int
    """How many wait for a worker."""
    done: bool
    """Whether all is done."""
    faulted: bool = False
    """Whether the request failed."""
    wait_time: int
    """Seconds."""
    queue_position: int
    """How many requests are before it, plus one; 0 when none of its results waits."""
    kudos: float
    """What it cost so far."""
    is_possible: bool = True
    """Whether a worker that could do it was seen lately."""


class ResponseGenerationProgressCombinedMixin(ResponseWithProgressMixin, ResponseGenerationProgressInfoMixin):
    """An answer with progress that counts jobs."""

    def is_job_possible(self) -> bool:
        """Tell whether a worker that could do the job was seen lately."""
        return self.is_possible
