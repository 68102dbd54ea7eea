"""What of an order could be given up, and at what price, so that workers may serve it that may not now.

Each kind names its concessions (`Kind.concessions`); `cheapest.py` finds which of them would do. Prices are points: 100
is about what a LoRA or a ControlNet means to a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any, Final, Generic, TypeVar

from horde_server.dispatch.refusal import Offer, Reason

OrderT = TypeVar("OrderT")

LEFT_OUT: Final = object()
"""The value of a field of the API that is to be left out of the body."""
MOST_OPTIONS: Final = 6
"""Sizes, lengths or models that are tried: a few that workers really have."""
POINTS_A_HALVING: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Generic[OrderT]):
    """One way to give something up."""

    points: int
    words: str  # that complete "It could be served …"
    fields: Mapping[str, Any]  # of the API's body, by dotted path
    apply: Callable[[OrderT], OrderT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concession(Generic[OrderT]):
    """Something that can be given up, more or less of it: `options`, each dearer than those before.

    What it may lift is a hint, by which the search is short; whether it does is for `refusal` to say.
    """

    options: tuple[Option[OrderT], ...]
    lifts: frozenset[Reason] = frozenset()  # refusals by the worker as a whole
    needs: int = 0  # capability bits that it may spare, where the software is the reason
    lifts_of_models: frozenset[Reason] = frozenset()  # refusals by single models
    must_fit: bool = False  # others may not go together with it: see `Kind.fits`


def concession(
    options: Iterable[Option[OrderT]],
    *lifts: Reason,
    needs: int = 0,
    of_models: Iterable[Reason] = (),
    must_fit: bool = False,
) -> list[Concession[OrderT]]:
    """A concession of these options, cheapest first; none where there are none."""
    ordered = tuple(sorted(options, key=lambda option: option.points))
    if not ordered:
        return []
    return [
        Concession(
            options=ordered,
            lifts=frozenset(lifts),
            needs=needs,
            lifts_of_models=frozenset(of_models),
            must_fit=must_fit,
        )
    ]


def points_for_less(asked: float, less: float) -> int:
    """The price of a smaller size, a shorter text, fewer steps: by how often it is halved."""
    return max(round(POINTS_A_HALVING * log2(asked / less)), 1)


def some_of(values: Iterable[int], below: int) -> list[int]:
    """A few of the distinct positive values below a limit, largest first: the largest, the smallest, some between."""
    found = sorted({value for value in values if 0 < value < below}, reverse=True)
    if len(found) <= MOST_OPTIONS:
        return found
    last = len(found) - 1
    return [found[round(place * last / (MOST_OPTIONS - 1))] for place in range(MOST_OPTIONS)]


def most_offered(offers: Iterable[Offer], is_asked_for: Callable[[str], bool]) -> list[str]:
    """The models that most workers offer, of those that are asked for; few, and always in the same order."""
    counts: dict[str, int] = {}
    for offer in offers:
        for model in offer.models:
            if is_asked_for(model):
                counts[model] = counts.get(model, 0) + 1
    return sorted(counts, key=lambda model: (-counts[model], model))[:MOST_OPTIONS]
