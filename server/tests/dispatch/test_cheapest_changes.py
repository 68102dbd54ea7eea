"""What is suggested to a requester whom nobody can serve, against brute force (reasons.md §3)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from builders import an_offer
from random_hordes import a_kind, an_entry, an_order, offers

from horde_server.dispatch.capabilities import BIT
from horde_server.dispatch.cheapest import SPREAD_POINTS, Cheapest, searched
from horde_server.dispatch.concessions import Option
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Offer, Reason, personal_refusal, refusal
from horde_server.requests.image.kind import ImageKind
from horde_server.requests.image.order import ImageOrder, Lora, TextualInversion
from horde_server.requests.pictures.source_images import SourceImages
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.kind import TextKind
from horde_server.requests.text.order import TextOrder

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
    choices: list[tuple[Option[Any] | None, ...]] = [
        (None, *(Option(points=p, words="", fields={}, apply=lambda o: o) for p in points)) for points in ((1, 2), (3,))
    ]
    every = [tuple(option for option in chosen if option) for chosen in product(*choices)]
    assert sorted(map(cost, all_below(choices, 100))) == sorted(map(cost, every)) == [0, 1, 2, 3, 4, 5]
    assert sorted(map(cost, all_below(choices, 4))) == [0, 1, 2, 3]


def an_image_search(order: ImageOrder, *pool: Offer, most: int = 10_000) -> Cheapest[ImageOrder]:
    queue = LiveQueue(lambda: 0.0)
    for offer in pool:
        queue.view(offer)
    entry = an_entry(ImageKind(), order)
    queue.add(entry)
    search = Cheapest(ImageKind(), queue, entry, queue.judged(entry), most=most)
    searched(search)
    return search


PLAIN = ImageOrder(prompt="a harbour", models=("m",), karras=False, r2=False, extra_slow_workers=True, nsfw=False)


@pytest.mark.parametrize(
    ("wished", "points"),
    [
        ({"r2": True}, [10]),
        ({"clip_skip": 2}, [30]),
        ({"slow_workers": False}, [30]),
        ({"post_processing": ("GFPGAN", "CodeFormers")}, [30, 30, 60]),
        ({"hires_fix": True}, [50]),
        ({"tiling": True}, [50]),
        ({"nsfw": True}, [50]),
        ({"extra_slow_workers": False}, [60]),
        ({"tis": (TextualInversion("1"),)}, [60]),
        ({"width": 1024, "height": 1024}, [120]),
        ({"trusted_workers": True}, [80]),
        ({"workers": (str(UUID(int=1)),)}, [90]),
        ({"loras": (Lora("1"),)}, [100]),
        ({"loras": (Lora("1"), Lora("2", is_version=True))}, [50, 100]),
        ({"transparent": True}, [100]),
        ({"workflow": "qr_code"}, [200]),
        ({"sources": SourceImages("image", "mask"), "source_processing": "inpainting"}, [120, 200]),
        ({"sources": SourceImages("image"), "control_type": "canny", "return_control_map": True}, [30, 100, 200]),
    ],
)
def test_what_is_given_up_costs_what_the_table_says(wished: dict[str, Any], points: list[int]) -> None:
    """reasons.md §3.1: beside sampler and model, which every order has."""
    offer = an_offer(max_pixels=512 * 512)

    def all_points(order: ImageOrder) -> Counter[int]:
        return Counter(option.points for each in ImageKind().concessions(order, [offer]) for option in each.options)

    assert sorted((all_points(msgspec.structs.replace(PLAIN, **wished)) - all_points(PLAIN)).elements()) == points


@pytest.mark.parametrize(
    ("wished", "points"),
    [
        ({"softprompt": "sea"}, [50]),
        ({"validated_backends": True}, [60]),
        ({"max_length": 160}, [60]),
        ({"max_context_length": 8192}, [120]),
        ({"chat": Chat(messages=(), logprobs=3)}, [50]),
        ({"chat": Chat(messages=(), json_schema={})}, [100]),
        ({"chat": Chat(messages=(), tools=({},))}, [150]),
        ({"chat": Chat(messages=({"content": [{"type": "image_url", "image_url": {"url": "picture:0"}}]},))}, [200]),
    ],
)
def test_what_texts_give_up_costs_what_the_rules_say(wished: dict[str, Any], points: list[int]) -> None:
    """As the rules price changes (reasons.md §3.2)."""
    offer = an_offer(kind="text", max_length=80, max_context_length=2048)
    plain = TextOrder(prompt="a harbour", max_length=80, max_context_length=2048)
    before, after = (
        Counter(option.points for each in TextKind().concessions(order, [offer]) for option in each.options)
        for order in (plain, msgspec.structs.replace(plain, **wished))
    )
    assert sorted((after - before).elements()) == points


def test_sizes_and_models_are_those_that_workers_have() -> None:
    """The same shape, about; of many models those that most serve."""
    large = msgspec.structs.replace(PLAIN, width=2048, height=1024)
    able = BIT["k_euler_a"]
    (smaller,) = an_image_search(large, an_offer(can=able, max_pixels=640 * 640)).suggestions
    assert (smaller.order.width, smaller.order.height) == (896, 448)
    elsewhere = [an_offer(can=able, models=frozenset({f"model {number}", "common"})) for number in range(20)]
    cheapest, *others = an_image_search(PLAIN, *elsewhere).suggestions
    assert (cheapest.options[0].words, cheapest.workers) == ("with the model common", 20)
    assert len(others) <= 4


def test_a_search_that_may_not_judge_on_says_so() -> None:
    """What it found is true all the same."""
    wished = msgspec.structs.replace(PLAIN, loras=(Lora("1"),), hires_fix=True, nsfw=True, width=1024)
    offers_ = [an_offer(can=BIT["k_euler_a"] | number, nsfw=False) for number in (0, BIT["lora"], BIT["hires_fix"])]
    whole, cut = an_image_search(wished, *offers_), an_image_search(wished, *offers_, most=3)
    assert (whole.is_complete, len(whole.suggestions) > 0) == (True, True)
    assert (cut.is_complete, cut.suggestions) == (False, [])


def test_a_search_lets_others_have_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many unlike workers there are, it pauses after so many judgements."""
    monkeypatch.setattr("horde_server.dispatch.cheapest.JUDGEMENTS_AT_ONCE", 25)
    chance, queue = random.Random(1), LiveQueue(lambda: 0.0)
    for _ in range(60):
        for offer in offers(ImageKind(), chance):
            queue.view(offer._replace(worker_id=uuid4()))
    wished = msgspec.structs.replace(PLAIN, loras=(Lora("1", is_version=True),), hires_fix=True, nsfw=True)
    entry = an_entry(ImageKind(), wished)
    queue.add(entry)
    search = Cheapest(ImageKind(), queue, entry, queue.judged(entry), most=10_000)
    left = [10_000, *(search._left for _ in search.run()), search._left]
    assert len(left) > 10
    assert max(before - after for before, after in pairwise(left)) <= 25
    assert search.suggestions
