"""What is told of the horde as a whole (status.md §1)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class HeartBeat(Answer):
    """Whether this node works."""

    message: str
    version: str
    queue: int
    threads: int
    active_count: int
    db_connection: bool


class ActiveModel(Answer):
    """A model that is served or asked for: `count` threads serve it, `queued` pixelsteps in `jobs` wait for it."""

    name: str
    count: int
    performance: float
    queued: float
    jobs: float
    eta: int
    type: str


class HordePerformance(Answer):
    """Sums over the queue and the workers online."""

    queued_requests: int
    queued_text_requests: int
    worker_count: int
    text_worker_count: int
    thread_count: int
    text_thread_count: int
    queued_megapixelsteps: float
    past_minute_megapixelsteps: float
    queued_forms: float
    interrogator_count: int
    interrogator_thread_count: int
    queued_tokens: float
    past_minute_tokens: float
