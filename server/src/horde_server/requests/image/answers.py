"""What requesters of images are told (requests.md §6, §9)."""

from __future__ import annotations

from horde_server.http.answers import Answer
from horde_server.requests.answers import RequestStatusCheck


class GenerationMetadataStable(Answer):
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
    gen_metadata: list[GenerationMetadataStable]
    worker_id: str
    worker_name: str
    model: str
    state: str


class RequestStatusStable(RequestStatusCheck):
    """How far a request is, with its finished images."""

    generations: list[GenerationStable]
    shared: bool
