"""Which requests for embeddings need kudos in hand (embeddings.md §4.3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.upfront import Upfront

FREE_TOKENS: Final = 16_384


class EmbeddingUpfront(StrEnum):
    """Why a request needs kudos in hand."""

    FAST_WORKERS = "fast_workers"  # slow workers are refused
    LENGTH = "length"  # longer than the horde gives away


def upfront(order: EmbeddingOrder) -> Upfront[EmbeddingOrder] | None:
    """Why the order needs kudos in hand; None: it is taken whatever the balance. None is made smaller."""
    changes = {
        "set slow_workers to true": not order.slow_workers,
        f"send {FREE_TOKENS} tokens or less at a time": order.tokens > FREE_TOKENS,
    }
    if not any(changes.values()):
        return None
    return Upfront(
        reason=EmbeddingUpfront.LENGTH if order.slow_workers else EmbeddingUpfront.FAST_WORKERS,
        smaller=None,
        changes=lambda: [change for change, helps in changes.items() if helps],
        limits={"max_tokens": FREE_TOKENS},
    )
