"""What is suggested to a requester whom nobody can serve, against brute force (reasons.md §3)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest
from random_hordes import a_kind, an_entry, an_order, offers

from horde_server.dispatch.cheapest import SPREAD_POINTS, Cheapest, searched
from horde_server.dispatch.concessions import Option
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Offer, Reason, personal_refusal, refusal

BATCHES, HORDES_A_BATCH = 4, 500
MOST_POINTS = 300
"""Of combinations that are tried where nothing was suggested."""


def changed(order: Any, options: Sequence[Option[Any]]) -> Any:
    for option in options:
        order = option.apply(order)
    return order


def all_below(choices: Sequence[tuple[Option[Any] | None, ...]], points: int) -> Iterator[tuple[Option[Any], ...]]:
    """Every combination of options, one of each concession or none, that costs less."""
    if not choices:
        yield ()
        return
    for option in choices[0]:
        price = option.points if option else 0
        if price < points:
            for others in all_below(choices[1:], points - price):
                yield (option, *others) if option else others


def cost(options: Sequence[Option[Any]]) -> int:
    return sum(option.points for option in options)


class Scene:
    """One horde with one request in it, and others beside."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.kind = a_kind(chance)
        self.matched_targeting = chance.random() < 0.3
        self.queue = LiveQueue(lambda: 0.0, matched_targeting=self.matched_targeting)
        self.pool = offers(self.kind, chance)
        for offer in self.pool:
            self.queue.view(offer)
        for _ in range(chance.randint(0, 3)):
            self.queue.add(an_entry(self.kind, an_order(self.kind, chance), account_id=chance.choice((1, 2, 3))))
        self.entry = an_entry(
            self.kind,
            an_order(self.kind, chance),
            account_id=chance.choice((1, 2, 3, 4)),
            covered=chance.random() < 0.8,
        )
        self.queue.add(self.entry)
        self.judged = list(self.queue.judged(self.entry))

    def search(self) -> Cheapest[Any]:
        search = Cheapest(self.kind, self.queue, self.entry, self.judged, most=10**9)
        searched(search)
        return search

    def able(self, order: Any) -> int:
        """How many workers may serve the order, by the two predicates and nothing else."""
        requirement = self.kind.requirement(order)
        wants = self.matched_targeting and bool(requirement.workers) and not requirement.worker_blacklist
        return sum(
            refusal(requirement, offer) is None and self.personal(offer, wants_acquaintance=wants) is None
            for offer in self.pool
        )

    def personal(self, offer: Offer, *, wants_acquaintance: bool) -> Reason | None:
        return personal_refusal(
            offer,
            account_id=self.entry.account_id,
            wants_acquaintance=wants_acquaintance,
            has_blacklisted_word=any(word in self.entry.order.prompt for word in offer.blacklist),
            balance_covers_price=self.entry.balance_covers_price,
        )

    def combinations(self, points: int) -> Iterator[tuple[Option[Any], ...]]:
        """All that cost less, whose orders go together."""
        in_play = [each.offer for each in self.judged if each.personal is None]
        choices = [(None, *each.options) for each in self.kind.concessions(self.entry.order, in_play)]
        for options in all_below(choices, points):
            if self.kind.fits(changed(self.entry.order, options)):
                yield options


@pytest.mark.parametrize("batch", range(BATCHES))
def test_suggestions_agree_with_brute_force(batch: int) -> None:
    """Of 2,000 random hordes each suggestion, when applied, makes the request possible, and none cheaper does."""
    suggested = 0
    for seed in range(batch * HORDES_A_BATCH, (batch + 1) * HORDES_A_BATCH):
        scene = Scene(seed)
        search = scene.search()
        assert search.is_complete
        found = search.suggestions
        if scene.able(scene.entry.order):  # as asked for: nothing need be given up
            assert [each.options for each in found] == [()]
            continue
        for suggestion in found:
            assert suggestion.order == changed(scene.entry.order, suggestion.options)
            assert suggestion.workers == scene.able(suggestion.order) > 0, seed
            applied = an_entry(
                scene.kind, suggestion.order, account_id=scene.entry.account_id,
                covered=scene.entry.balance_covers_price,
            )  # fmt: skip
            scene.queue.add(applied)
            assert scene.queue.is_possible(applied), seed
            assert suggestion.points <= found[0].points + SPREAD_POINTS
        cheapest = found[0].points if found else MOST_POINTS
        assert not any(scene.able(changed(scene.entry.order, each)) for each in scene.combinations(cheapest)), seed
        suggested += bool(found)
    assert suggested > HORDES_A_BATCH / 5


def test_nothing_of_a_suggestion_could_be_spared() -> None:
    spared = 0
    for scene in map(Scene, range(300)):
        for suggestion in scene.search().suggestions:
            for place in range(len(suggestion.options)):
                less = suggestion.options[:place] + suggestion.options[place + 1 :]
                order = changed(scene.entry.order, less)
                assert not (scene.kind.fits(order) and scene.able(order))
                spared += 1
    assert spared > 200


def test_reasons_count_each_worker_online_once_as_the_predicates_say() -> None:
    for scene in map(Scene, range(300)):
        counts = Counter(each.reason for each in scene.judged)
        assert counts.total() == len(scene.pool)
        assert counts[None] == scene.able(scene.entry.order)


def test_suggestions_are_different_and_the_cheapest_is_first() -> None:
    several = 0
    for seed in range(500):
        found = Scene(seed).search().suggestions
        assert [each.points for each in found] == sorted(each.points for each in found)
        assert len({tuple(option.words for option in each.options) for each in found}) == len(found)
        several += len(found) > 1
    assert several > 20


def test_all_combinations_of_the_test_are_all_there_are() -> None:
    """The brute force leaves none out."""
    choices = [
        (None, *(Option(points=p, words="", fields={}, apply=lambda o: o) for p in points)) for points in ((1, 2), (3,))
    ]
    every = [tuple(option for option in chosen if option) for chosen in product(*choices)]
    assert sorted(map(cost, all_below(choices, 100))) == sorted(map(cost, every)) == [0, 1, 2, 3, 4, 5]
    assert sorted(map(cost, all_below(choices, 4))) == [0, 1, 2, 3]
