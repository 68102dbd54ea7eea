"""How long a worker may take over embeddings: by their tokens and the speed it has shown."""

from __future__ import annotations

from typing import Final

from horde_server.requests.embedding.order import EmbeddingOrder

MIN_TTL_S: Final = 60
_SLOWEST_ASSUMED, _FASTEST_ASSUMED = 100.0, 10_000.0
"""Tokens per second. A worker that nothing is known of counts as slow, and no slower is waited for."""


def ttl_s(order: EmbeddingOrder, *, speed: float, extra_slow: bool) -> int:
    """Seconds until the job is overdue: at half the speed the worker has shown, and half a minute to load a model."""
    assumed = min(max(speed / 2, _SLOWEST_ASSUMED), _FASTEST_ASSUMED)
    base = max(30 + order.tokens / assumed, MIN_TTL_S)
    return int(base * 3 if extra_slow else base)
