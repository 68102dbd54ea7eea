"""From the API's body to an order (embeddings.md §1)."""

from __future__ import annotations

from horde_server.requests.asked import Asked
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.schemas import EmbeddingRequest


def asked(body: EmbeddingRequest) -> Asked[EmbeddingOrder]:
    """What the body asks for."""
    return Asked(
        order=EmbeddingOrder(
            inputs=tuple(body.input),
            models=tuple(body.models),
            dimensions=body.dimensions,
            trusted_workers=body.trusted_workers,
            slow_workers=body.slow_workers,
            extra_slow_workers=body.extra_slow_workers,
            workers=tuple(body.workers),
            worker_blacklist=body.worker_blacklist,
            proxied_account=body.proxied_account,
        )
    )
