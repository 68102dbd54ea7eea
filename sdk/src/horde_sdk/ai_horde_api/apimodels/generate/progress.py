"""How far a generation is."""

from __future__ import annotations

from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, ResponseWithProgressMixin


class ResponseGenerationProgressInfoMixin(HordeAPIObjectBaseModel):
    """Counts of jobs by state, place in the queue and price so far."""

    finished: int
    processing: int
    restarted: int
    waiting: int
    done: bool
    faulted: bool = False
    wait_time: int
    """Seconds."""
    queue_position: int
    kudos: float
    is_possible: bool = True

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestStatusCheck"


class ResponseGenerationProgressCombinedMixin(ResponseWithProgressMixin, ResponseGenerationProgressInfoMixin):
    """An answer with progress that counts jobs."""

    def is_job_possible(self) -> bool:
        """Tell whether a worker that could do the job was seen lately."""
        return self.is_possible
