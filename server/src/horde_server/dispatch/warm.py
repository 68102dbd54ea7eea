"""Of requests that are as good as equal, a worker gets one for a model that it has in memory (docs/fairness.md).

To load a model takes longer than most jobs. Whoever is passed over is no worse off than had they asked ten seconds
later: nobody passes a request whose key is lower by more. As further requests of one requester are further apart than
that (`turns.STEP_S`), each passes with one at most, and the order of one's own requests stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.refusal import Offer, usable_models

WARM_WINDOW_S: Final = 10.0
"""Keys that differ by less are as good as equal."""
WARM_LOOK_AHEAD: Final = 50
"""Candidates that are looked at beyond the first."""


def best_of(candidates: Iterator[Entry], offer: Offer, loaded: frozenset[str]) -> Entry | None:
    """The first, or the first of those as good as equal that one of the loaded models may serve.

    `candidates`: those of the owner and friends, by key, then everybody's: between the two nobody is equal.
    O(`WARM_LOOK_AHEAD`); with nothing loaded O(1).
    """
    first = next(candidates, None)
    if first is None or not loaded or not loaded.isdisjoint(usable_models(first.requirement, offer)):
        return first
    is_near = first.account_id in offer.favoured
    for entry in islice(candidates, WARM_LOOK_AHEAD):
        if entry.key >= first.key + WARM_WINDOW_S or (entry.account_id in offer.favoured) != is_near:
            break
        if not loaded.isdisjoint(usable_models(entry.requirement, offer)):
            return entry
    return first
