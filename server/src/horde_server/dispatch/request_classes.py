"""Requests with equal requirements are one class, and what a worker may serve is remembered by class."""

from __future__ import annotations

import sys
from typing import Any, TypeAlias
from uuid import UUID

from sortedcontainers import SortedKeyList

from horde_server.dispatch.entry import Entry as EntryOf
from horde_server.dispatch.refusal import Offer, Reason, Requirement, refusal

Entry: TypeAlias = EntryOf[Any]  # what was ordered plays no part here


def entry_key(entry: Entry) -> tuple[float, UUID]:
    """The order of requests: by key, equal ones always the same way round."""
    return (entry.key, entry.id)


_OUTCOMES: tuple[Reason | None, ...] = (None, None, *Reason)  # a verdict as a byte: 0 is not known yet
_BYTE_OF: dict[Reason | None, int] = {outcome: byte for byte, outcome in enumerate(_OUTCOMES)}


class RequestClass:
    """The waiting requests with one requirement, in order."""

    __slots__ = ("capacity", "entries", "number", "requirement", "server", "things")

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement
        self.entries: SortedKeyList[Entry, tuple[float, UUID]] = SortedKeyList(key=entry_key)
        self.things = 0.0  # of all images that wait here
        self.number: int | None = None  # its place in the views' verdicts, while requests wait
        self.server: WorkerView | None = None  # some worker that may serve it, while requests wait and there is one
        self.capacity: tuple[float, int, float] | None = None  # (computed at, able workers, their summed speed)


class WorkerView:
    """What the queue remembers of a worker between pops: verdicts by class, and its last `skipped`."""

    __slots__ = ("_verdicts", "offer", "serves", "skipped", "words_key")

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.words_key = hash(offer.blacklist)
        self.serves: set[RequestClass] = set()  # the classes that name it as their server
        self.skipped: tuple[int, float, dict[str, int]] | None = None  # (queue version, computed at, counts)
        self._verdicts = bytearray()  # by number of the class: a byte, since there are workers times classes of them

    @property
    def is_for_all(self) -> bool:
        """Whether it serves others than its owner now."""
        return not (self.offer.maintenance or self.offer.paused)

    def verdict(self, group: RequestClass) -> Reason | None:
        """`refusal` for a class, remembered while the class has waiting requests."""
        number = group.number
        if number is None:
            return refusal(group.requirement, self.offer)
        verdicts = self._verdicts
        if number >= len(verdicts):
            verdicts.extend(bytes(number + 1 - len(verdicts)))
        elif byte := verdicts[number]:
            return _OUTCOMES[byte]
        found = refusal(group.requirement, self.offer)
        verdicts[number] = _BYTE_OF[found]
        return found

    def forget(self, number: int) -> None:
        """The class of this number is gone; the number will be another's."""
        if number < len(self._verdicts):
            self._verdicts[number] = 0

    def renew(self, offer: Offer) -> bool:
        """Take over a changed offer; whether that changes whom it may serve."""
        before, was_for_all = self.offer, self.is_for_all
        self.offer, self.skipped, self.words_key = offer, None, hash(offer.blacklist)
        if _compared(before) != _compared(offer):
            self._verdicts.clear()
            return True
        return was_for_all != self.is_for_all

    def memory_bytes(self) -> int:
        """Size of what is remembered by class."""
        return sys.getsizeof(self._verdicts)


def _compared(offer: Offer) -> Offer:
    """The part of an offer that `refusal` looks at."""
    return offer._replace(
        speed=0.0, blacklist=(), maintenance=False, paused=False, wants_upfront_kudos=False, favoured=frozenset()
    )
