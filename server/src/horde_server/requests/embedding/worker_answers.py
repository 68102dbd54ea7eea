"""What workers that embed texts are told (embeddings.md §2.3)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer
from horde_server.workers.messages.answers import ResponseModelMessagePop


class EmbeddingPayload(Answer):
    """What to embed, and in how many dimensions, where that was asked for."""

    input: list[str] = Field(default_factory=list)
    dimensions: int | None = None


class EmbeddingJob(Answer):
    """A job; `id` is null where there is none, and `skipped` tells why."""

    id: str | None
    model: str | None
    ttl: int | None
    payload: EmbeddingPayload
    skipped: dict[str, int]
    messages: list[ResponseModelMessagePop]
