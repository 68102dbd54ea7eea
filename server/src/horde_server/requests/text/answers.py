"""What requesters of texts are told (requests.md §9.8)."""

from __future__ import annotations

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


class RequestStatusKobold(RequestStatusCheck):
    """How far a request is, with its finished texts."""

    generations: list[GenerationKobold]
