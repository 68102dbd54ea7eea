"""What requesters of texts are told (requests.md §9.8)."""

from __future__ import annotations

from typing import Any

from horde_server.http.answers import Answer
from horde_server.requests.answers import RequestStatusCheck


class GenerationMetadataKobold(Answer):
    """A remark of the worker about a text."""

    type: str
    value: str


class GenerationKobold(Answer):
    """A finished text."""

    text: str
    seed: int
    id: str
    gen_metadata: list[GenerationMetadataKobold]
    worker_id: str
    worker_name: str
    model: str
    state: str
    # beyond the original API, where the worker told it
    finish_reason: str | None = None
    tokens: int | None = None
    usage: dict[str, int] | None = None
    message: dict[str, Any] | None = None
    logprobs: dict[str, Any] | None = None


class RequestStatusKobold(RequestStatusCheck):
    """How far a request is, with its finished texts."""

    generations: list[GenerationKobold]
