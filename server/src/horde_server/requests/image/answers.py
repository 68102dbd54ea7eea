"""What requesters of images are told (generation.md §2.8, §2.9)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class RequestSingleWarning(Answer):
    """A warning about an accepted request."""

    code: str
    message: str


class RequestAsync(Answer):
    """An accepted request: its id and what it will cost at most. A dry run has `kudos` only."""

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


class GenerationMetadata(Answer):
    """A remark of the worker about an image."""

    type: str
    value: str
    ref: str = ""


class GenerationStable(Answer):
    """A finished image: its address, or itself as base64."""

    img: str
    seed: str
    id: str
    censored: bool
    gen_metadata: list[GenerationMetadata]
    worker_id: str
    worker_name: str
    model: str
    state: str


class RequestStatusStable(RequestStatusCheck):
    """How far a request is, with its finished images."""

    generations: list[GenerationStable]
    shared: bool
