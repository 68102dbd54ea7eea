"""The status of a request for embeddings: how far it is, with what was delivered (embeddings.md §1.5)."""

from __future__ import annotations

import msgspec

from horde_server.dispatch.ids import RequestId
from horde_server.requests.desk import RequestDesk
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.results import DescribedEmbeddings, described
from horde_server.requests.progress import Progress


class EmbeddingStatus(Progress, kw_only=True):
    """How far a request is, with its embeddings."""

    generations: list[DescribedEmbeddings]


async def embedding_status(desk: RequestDesk[EmbeddingOrder], request_id: RequestId) -> EmbeddingStatus:
    """The status now. Raises `RequestNotFound`."""
    _, progress, generations = await desk.delivered(request_id)
    return EmbeddingStatus(**msgspec.structs.asdict(progress), generations=[described(made) for made in generations])
