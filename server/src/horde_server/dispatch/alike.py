"""Workers that are equal to whatever an order may become, so that of each sort one is judged."""

from __future__ import annotations

from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from horde_server.dispatch.refusal import Offer

NOBODY: Final = UUID(int=0)


class Alike:
    """One sort of workers. There is one object for each as long as somebody has it, so they are compared as objects."""

    __slots__ = ("__weakref__", "offer")

    def __init__(self, offer: Offer) -> None:
        self.offer = offer  # nobody's


_KNOWN: WeakValueDictionary[Offer, Alike] = WeakValueDictionary()


def alike(offer: Offer) -> Alike:
    """The sort that a worker belongs to, where nobody names workers. Sorts differ by what `refusal` looks at alone."""
    nobodys = offer_of_nobody(offer)
    known = _KNOWN.get(nobodys)
    if known is None:
        known = _KNOWN[nobodys] = Alike(nobodys)
    return known


def offer_of_nobody(offer: Offer) -> Offer:
    """The part of an offer that `refusal` looks at, where nobody names workers."""
    return offer._replace(
        worker_id=NOBODY, owner_id=0, speed=0.0, blacklist=(), maintenance=False, paused=False,
        wants_upfront_kudos=False, favoured=frozenset(),
    )  # fmt: skip
