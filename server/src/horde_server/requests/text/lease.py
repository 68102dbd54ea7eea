"""How long a worker may take: by its tokens and the worker's speed, where the original gives 150 seconds."""

from __future__ import annotations

from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.prices.charges import CHARACTERS_PER_TOKEN

MIN_TTL_S = 150
_SLOWEST_ASSUMED, _FASTEST_ASSUMED = 2.0, 10.0
"""Tokens per second. A worker that nothing is known of counts as slow, and no slower is waited for."""
_READING_SPEED = 50.0
"""Tokens of the prompt per second."""


def ttl_s(order: TextOrder, *, texts: int, speed: float, extra_slow: bool) -> int:
    """Seconds until the texts of one hand-out are overdue: all of them, at half the speed the worker has shown."""
    assumed = min(max(speed / 2, _SLOWEST_ASSUMED), _FASTEST_ASSUMED)
    prompt = min(len(order.prompt) / CHARACTERS_PER_TOKEN, order.max_context_length)
    base = max(30 + texts * (prompt / _READING_SPEED + order.max_length / assumed), MIN_TTL_S)
    return int(base * 3 if extra_slow else base)
