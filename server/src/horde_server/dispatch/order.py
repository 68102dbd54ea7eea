"""The static order key: who is served first.

Everybody's priority grows by the same amount a second, so `priority − rate·arrival` never changes and nothing is ever
re-sorted: a request's key is its arrival time minus a head start, in seconds, and the smallest key is served first.
Kudos buy the head start; it is concave and capped, so more kudos never means later and nobody waits forever. Where a
further request of the same requester starts is `turns.py`'s; the whole rule stands in docs/fairness.md.
"""

from __future__ import annotations

HALF_HEAD_START_KUDOS = 10_000
"""Balance that buys half of the greatest head start."""

FLAGGED_DELAY_S = 600.0
"""How far behind its arrival the request of a flagged account starts."""


def order_key(arrival_s: float, balance_hundredths: int, *, head_start_cap_s: float, flagged: bool = False) -> float:
    """The key of a request that arrived at `arrival_s` (seconds since the epoch); smaller is served first.

    head start = cap · kudos / (kudos + HALF_HEAD_START_KUDOS) for a positive balance, else 0.
    """
    if flagged:
        return arrival_s + FLAGGED_DELAY_S
    kudos = max(balance_hundredths, 0) / 100
    return arrival_s - head_start_cap_s * kudos / (kudos + HALF_HEAD_START_KUDOS)
