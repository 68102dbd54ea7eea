"""What requesters of embeddings are told (embeddings.md §1.5)."""

from __future__ import annotations

from horde_server.http.answers import Answer
from horde_server.requests.answers import RequestStatusCheck


class EmbeddingGeneration(Answer):
    """The vectors of all texts of a request, in their order: base64 of 32-bit floats, the lowest byte first."""

    vectors: list[str]
    dimensions: int
    id: str
    worker_id: str
    worker_name: str
    model: str
    tokens: int = 0


class EmbeddingRequestStatus(RequestStatusCheck):
    """How far a request is, with its vectors."""

    generations: list[EmbeddingGeneration]
