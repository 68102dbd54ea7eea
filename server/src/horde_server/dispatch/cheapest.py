"""The cheapest changes of an order that would let a worker online serve it.

For each group of equal workers a search by rising price, in which a refusal says what is worth giving up next: so few
of the many combinations are judged. `refusal` alone decides whether a combination would do.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Generic, TypeAlias
from uuid import UUID

from horde_server.dispatch.alike import offer_of_nobody
from horde_server.dispatch.concessions import Option
from horde_server.dispatch.entry import Entry, Judged
from horde_server.dispatch.kind import Kind, OrderT
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import (
    OF_SOFTWARE,
    Offer,
    Reason,
    Requirement,
    model_obstacles,
    usable_models,
    worker_refusal,
)

MOST_SUGGESTIONS: Final = 5
SPREAD_POINTS: Final = 100
"""So much dearer than the cheapest may others be that are told."""
JUDGEMENTS_AT_ONCE: Final = 500
"""After so many the search pauses: about 2 ms."""
_JUDGEMENTS_A_GROUP: Final = 5_000
_MOST_GROUPS: Final = 2_000

_State: TypeAlias = tuple[int, ...]
"""Of each concession the number of the option that is taken, from one; 0: as asked for."""


@dataclass(frozen=True, slots=True)
class Suggestion(Generic[OrderT]):
    """Changes that, all together, make an order possible now."""

    options: tuple[Option[OrderT], ...]
    order: OrderT  # with these changes
    workers: int  # that could serve it then

    @property
    def points(self) -> int:
        """What is given up."""
        return sum(option.points for option in self.options)


class _Group:
    """Workers that are equal to whatever the order may become."""

    __slots__ = ("count", "is_friend", "offer", "points")

    def __init__(self, offer: Offer, *, is_friend: bool, count: int) -> None:
        self.offer = offer
        self.is_friend = is_friend
        self.count = count
        self.points = inf  # of the cheapest combination that it would serve; more than is told, where none was found


class Cheapest(Generic[OrderT]):
    """One search. `run` does it piece by piece; `suggestions` are what it found."""

    def __init__(
        self,
        kind: Kind[OrderT],
        queue: LiveQueue,
        entry: Entry[OrderT],
        judged: Iterable[Judged],
        *,
        most: int,
        fixed: Collection[Reason] = (),
    ) -> None:
        """`most`: judgements altogether, before it is content with what it has; about 4 µs each.

        `fixed`: nothing that lifts one of these can be given up by this account.
        """
        self._kind = kind
        self._wants_acquaintance = queue.wants_acquaintance
        self._order = entry.order
        workers = [each for each in judged if each.personal is None]
        groups = _grouped(workers, entry.requirement.workers)
        self._groups = groups[:_MOST_GROUPS]
        self._has_cut_short = len(groups) > _MOST_GROUPS
        self._concessions = [
            each
            for each in kind.concessions(entry.order, [group.offer for group in self._groups])
            if each.lifts.isdisjoint(fixed)
        ]
        self._fitting = [place for place, each in enumerate(self._concessions) if each.must_fit]
        self._requirements: dict[_State, Requirement | None] = {}
        self._lifting: dict[Reason, tuple[int, ...]] = {}
        self._lifting_of_models: dict[Reason | None, tuple[int, ...]] = {}
        self._sparing: dict[int, tuple[int, ...]] = {}  # by capability bit
        self._points = [(0, *(option.points for option in each.options)) for each in self._concessions]
        self._found: dict[_State, int] = {}  # points
        self._least: int | None = None  # of these
        self._left = most
        self.suggestions: list[Suggestion[OrderT]] = []

    @property
    def is_complete(self) -> bool:
        """Whether it judged all that was worth it, so that the first suggestion is the cheapest there is."""
        return self._left > 0 and not self._has_cut_short

    def run(self) -> Iterator[None]:
        """Search; pauses now and then, for others to have the processor."""
        pause_at = self._left - JUDGEMENTS_AT_ONCE
        for _ in self._steps():
            if self._left <= pause_at:
                pause_at = self._left - JUDGEMENTS_AT_ONCE
                yield

    def _steps(self) -> Iterator[None]:
        for group in self._groups:
            if self._left <= 0:
                break
            yield from self._of_group(group)
        yield from self._tell()

    # ---------------------------------------------------------------- one group

    def _of_group(self, group: _Group) -> Iterator[None]:
        """The cheapest combination for one group, by rising price: Dijkstra's search on the lattice of options."""
        start = (0,) * len(self._concessions)
        heap: list[tuple[int, _State]] = [(0, start)]
        seen = {start}
        for _ in range(_JUDGEMENTS_A_GROUP):
            if not heap or self._left <= 0:
                return
            points, state = heapq.heappop(heap)
            bound = self._bound()
            if bound is not None and points > bound:
                return
            self._left -= 1
            yield
            worth_it = self._worth_giving_up(state, group)
            if worth_it is None:
                self._found[state] = group.points = points
                self._least = points if self._least is None else min(self._least, points)
                return
            for place in worth_it:
                costs = self._points[place]
                for option in range(state[place] + 1, len(costs)):
                    dearer = points - costs[state[place]] + costs[option]
                    if bound is not None and dearer > bound:
                        break
                    next_state = (*state[:place], option, *state[place + 1 :])
                    if next_state not in seen:
                        seen.add(next_state)
                        heapq.heappush(heap, (dearer, next_state))
        self._has_cut_short = True

    def _bound(self) -> int | None:
        """What is dearer is not told."""
        return None if self._least is None else self._least + SPREAD_POINTS

    def _worth_giving_up(self, state: _State, group: _Group) -> Iterable[int] | None:
        """The concessions of which one must be made, or made further, for this group; None: it would serve it so."""
        requirement = self._requirement(state)
        if requirement is None:
            return self._fitting
        offer = group.offer
        reason = worker_refusal(requirement, offer)
        if reason in OF_SOFTWARE:
            return self._that_spare(requirement.needs & ~offer.can)
        if reason is not None:
            return self._that_lift(reason)
        if not usable_models(requirement, offer):
            obstacles = model_obstacles(requirement, offer) or {Reason.MODELS}
            return {place for obstacle in obstacles for place in self._that_lift_of_models(obstacle)}
        if self._wants_acquaintance(requirement) and not group.is_friend:
            return self._that_lift(Reason.WORKER_ID)
        return None

    def _that_lift(self, reason: Reason) -> tuple[int, ...]:
        if (known := self._lifting.get(reason)) is None:
            places = enumerate(self._concessions)
            known = self._lifting[reason] = tuple(place for place, each in places if reason in each.lifts)
        return known

    def _that_spare(self, missing: int) -> Sequence[int]:
        """All that the software lacks must be spared: that which fewest concessions spare is looked at first."""
        fewest: Sequence[int] | None = None
        while missing:
            bit = missing & -missing
            missing ^= bit
            if (known := self._sparing.get(bit)) is None:
                places = enumerate(self._concessions)
                known = self._sparing[bit] = tuple(place for place, each in places if each.needs & bit)
            if fewest is None or len(known) < len(fewest):
                fewest = known
        return fewest or ()

    def _that_lift_of_models(self, reason: Reason | None) -> tuple[int, ...]:
        if (known := self._lifting_of_models.get(reason)) is None:
            places = enumerate(self._concessions)
            known = tuple(place for place, each in places if reason in each.lifts_of_models)
            self._lifting_of_models[reason] = known
        return known

    def _requirement(self, state: _State) -> Requirement | None:
        """What the order would ask of workers then; None: it would not go together. Worked out once."""
        if state not in self._requirements:
            order = self._applied(state)
            self._requirements[state] = self._kind.requirement(order) if self._kind.fits(order) else None
        return self._requirements[state]

    def _applied(self, state: _State) -> OrderT:
        order = self._order
        for option in self._options(state):
            order = option.apply(order)
        return order

    def _options(self, state: _State) -> tuple[Option[OrderT], ...]:
        return tuple(each.options[number - 1] for each, number in zip(self._concessions, state, strict=True) if number)

    # ---------------------------------------------------------------- all groups

    def _tell(self) -> Iterator[None]:
        """What was found, the cheapest first, each without what could be spared of it."""
        bound = self._bound()
        told: set[_State] = set()
        for state, points in sorted(self._found.items(), key=lambda found: (found[1], found[0])):
            if len(told) == MOST_SUGGESTIONS or bound is None or points > bound:
                break
            spared = yield from self._spared(state)
            told.add(spared)
        self.suggestions = [self._suggestion(state) for state in told]
        self.suggestions.sort(key=lambda each: (each.points, -each.workers, [option.words for option in each.options]))

    def _spared(self, state: _State) -> Generator[None, None, _State]:
        """The combination without what is not needed of it: another group may be content with less."""
        for place, number in enumerate(state):
            for less in range(number):
                smaller = (*state[:place], less, *state[place + 1 :])
                points = sum(costs[option] for costs, option in zip(self._points, smaller, strict=True))
                for group in self._groups:
                    if group.points > points:  # it would be content with nothing that costs so little
                        continue
                    if self._left <= 0:
                        return state
                    self._left -= 1
                    yield
                    if self._worth_giving_up(smaller, group) is None:
                        return (yield from self._spared(smaller))
        return state

    def _suggestion(self, state: _State) -> Suggestion[OrderT]:
        return Suggestion(self._options(state), self._applied(state), self._workers(state))

    def _workers(self, state: _State) -> int:
        return sum(group.count for group in self._groups if self._worth_giving_up(state, group) is None)


def _grouped(workers: Sequence[Judged], named: frozenset[UUID]) -> list[_Group]:
    """Equal workers together, the largest groups first. Who knows whom plays a part only where workers are named."""
    if not named:
        sorts = Counter([each.alike for each in workers])
        return [_Group(sort.offer, is_friend=False, count=count) for sort, count in sorts.most_common()]
    counts: Counter[tuple[Offer, bool]] = Counter()
    for each in workers:
        offer = offer_of_nobody(each.offer)
        if each.offer.worker_id in named:
            offer = offer._replace(worker_id=each.offer.worker_id)
        counts[offer, each.is_friend] += 1
    return [_Group(offer, is_friend=is_friend, count=count) for (offer, is_friend), count in counts.most_common()]


def searched(search: Cheapest[Any]) -> list[Suggestion[Any]]:
    """All of a search at once, where it is short."""
    for _ in search.run():
        pass
    return search.suggestions
