"""Open requests as the live queue mirrors them, their classes, and what it remembers of workers by class.

Requests with equal requirements are one class: a worker may serve all of them or none.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeAlias
from uuid import UUID

from sortedcontainers import SortedKeyList

from horde_server.dispatch.alike import Alike, alike
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.kind import OrderT
from horde_server.dispatch.refusal import Offer, Reason, Requirement, refusal
from horde_server.dispatch.states import FAULTED, RequestPhase


class RequestState(NamedTuple):
    """The part of a request row that changes. Every statement that changes one returns these columns, in this order."""

    id: RequestId
    state: str  # a RequestPhase
    jobs: int
    waiting: int
    processing: int
    finished: int
    restarted: int
    consumed_hundredths: int
    expires_at_s: float
    version: int

    @property
    def is_done(self) -> bool:
        """requests.md §9.3: nothing waits and nothing is processed any more, or it is faulted.

        In SQL: not `NOT_DONE`.
        """
        return self.state == FAULTED or (self.waiting == 0 and self.processing == 0)


STATE_COLUMNS = (
    "{0}id, {0}state, {0}jobs, {0}waiting, {0}processing, {0}finished, {0}restarted, {0}consumed_hundredths, "
    "extract(epoch from {0}expires_at)::float8, {0}version"
)
"""SQL columns of `RequestState`; format with a table prefix such as "" or "request."."""
NOT_DONE = "({0}waiting > 0 OR {0}processing > 0) AND {0}state <> 'faulted'"
"""SQL: not `RequestState.is_done`; format as above."""
STATE_TYPES = ("uuid", "text", "int", "int", "int", "int", "int", "int", "float8", "int")
"""Their types, for `database/statements.py`."""


class Promise(NamedTuple):
    """When a request would be done, as it was estimated: seconds from `made_at_s`."""

    made_at_s: float
    wait_s: float  # the live queue's plain estimate
    p50_s: float  # half of such requests are done by then
    p90_s: float


@dataclass(slots=True, eq=False, kw_only=True)
class Entry(Generic[OrderT]):
    """An open request in memory: what never changes, the newest known state, and what is being claimed right now."""

    id: RequestId
    account_id: int
    order: OrderT
    requirement: Requirement
    key: float  # dispatch/order.py
    price_hundredths: int
    balance_covers_price: bool
    created_s: float
    state: RequestState
    claiming: int = 0  # jobs for which a local claim is under way
    is_listed: bool = False  # stands in the lists of its class
    failed_workers: dict[UUID, float] = field(default_factory=dict)
    has_word_of: dict[int, bool] = field(default_factory=dict)  # by hash of a worker's word list
    prompt_lower: str | None = None
    claimed_at_s: float = 0.0  # when jobs were last taken, as far as this node saw it
    listed_things: float = 0.0  # what its class counts of it
    place: tuple[float, int, int] | None = None  # (computed at, queue position, wait in seconds)
    done_at_s: float | None = None
    promise: Promise | None = None  # what was estimated when it came here
    webhook: str | None = None  # webhooks/hook.py
    key_id: int | None = None  # by which key it was asked for
    key_job_hundredths: int | None = None  # what a job charges at most, where that key has a budget
    group: RequestClass = field(init=False)  # its class, once a live queue knows it

    @property
    def available(self) -> int:
        """Jobs that nobody has taken and no local claim reaches for."""
        return self.state.waiting - self.claiming if self.state.state == RequestPhase.OPEN else 0

    def lowered_prompt(self) -> str:
        """The lower-cased prompt, made when a worker with a word list first asks."""
        if self.prompt_lower is None:
            self.prompt_lower = self.order.prompt.lower()
        return self.prompt_lower


AnyEntry: TypeAlias = Entry[Any]
"""Where what was ordered plays no part."""


class Judged(NamedTuple):
    """A worker online, as one request finds it."""

    offer: Offer
    alike: Alike
    is_friend: bool  # it knows who asks
    reason: Reason | None  # why it may not serve the request now
    personal: Reason | None  # what would keep it from that, whatever the request asks for


def entry_key(entry: AnyEntry) -> tuple[float, UUID]:
    """The order of requests: by key, equal ones always the same way round."""
    return (entry.key, entry.id)


_OUTCOMES: tuple[Reason | None, ...] = (None, None, *Reason)  # a verdict as a byte: 0 is not known yet
_BYTE_OF: dict[Reason | None, int] = {outcome: byte for byte, outcome in enumerate(_OUTCOMES)}


class RequestClass:
    """The waiting requests with one requirement, in order."""

    __slots__ = ("capacity", "entries", "number", "requirement", "server", "things")

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement
        self.entries: SortedKeyList[AnyEntry, tuple[float, UUID]] = SortedKeyList(key=entry_key)
        self.things = 0.0  # of all images that wait here
        self.number: int | None = None  # its place in the views' verdicts, while requests wait
        self.server: WorkerView | None = None  # some worker that may serve it, while requests wait and there is one
        self.capacity: tuple[float, int, float] | None = None  # (computed at, able workers, their summed speed)


class WorkerView:
    """What the queue remembers of a worker between pops: verdicts by class, and its last `skipped`."""

    __slots__ = ("_alike", "_verdicts", "offer", "serves", "skipped", "words_key")

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.words_key = hash(offer.blacklist)
        self.serves: set[RequestClass] = set()  # the classes that name it as their server
        self.skipped: tuple[int, float, dict[str, int]] | None = None  # (queue version, computed at, counts)
        self._verdicts = bytearray()  # by number of the class: a byte, since there are workers times classes of them
        self._alike: Alike | None = None  # once somebody asked

    @property
    def is_for_all(self) -> bool:
        """Whether it serves others than its owner now."""
        return not (self.offer.maintenance or self.offer.paused)

    @property
    def alike(self) -> Alike:
        """Its sort."""
        if self._alike is None:
            self._alike = alike(self.offer)
        return self._alike

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
            self._alike = None
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
