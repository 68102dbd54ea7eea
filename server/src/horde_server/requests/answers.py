"""What requesters and workers are told of a request of any kind (requests.md §6, §9, workers.md §8)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer, RequestSingleWarning


class RequestAsync(Answer):
    """An accepted request. `kudos` is the price of one image, or of the whole text request; a dry run has it only."""

    kudos: float
    id: str = ""
    message: str = ""
    warnings: list[RequestSingleWarning] = Field([])


class RequestStatusCheck(Answer):
    """How far a request is."""

    finished: int
    processing: int
    restarted: int
    waiting: int
    done: bool
    faulted: bool
    wait_time: int
    queue_position: int
    kudos: float
    is_possible: bool


class GenerationSubmitted(Answer):
    """What the worker's owner is credited for a job."""

    reward: float
    escrowed: float = 0
    message: str | None = None  # beyond the original API: why the reward is nothing
