"""From an order for embeddings to what it asks of a worker (embeddings.md §2)."""

from __future__ import annotations

from uuid import UUID

from horde_server.dispatch.refusal import Requirement
from horde_server.requests.embedding.order import EmbeddingOrder


def requirement(order: EmbeddingOrder) -> Requirement:
    """What the order asks of a worker; equal for orders that the same workers can serve. Texts are never NSFW."""
    return Requirement(
        kind="embedding",
        models=frozenset(order.models),
        pixels=0,
        needs=0,
        permissions=0,
        nsfw=False,
        wants_trusted=order.trusted_workers,
        wants_fast=not order.slow_workers,
        allows_extra_slow=order.extra_slow_workers,
        steps=0,
        paints=False,
        has_second_pass=False,
        has_qr_code=False,
        workers=frozenset(UUID(worker) for worker in order.workers),
        worker_blacklist=order.worker_blacklist,
        max_context_length=_in_powers_of_two(order.longest_tokens),
        preferred=frozenset(order.preferred_models),
    )


def _in_powers_of_two(tokens: int) -> int:
    """The next power, so that there are few classes of requests."""
    return 1 << (tokens - 1).bit_length()
