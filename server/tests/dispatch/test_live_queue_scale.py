"""The live queue stays cheap and right with many classes and workers: counted in predicates, not in seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from builders import a_requirement, an_entry, an_offer
from sortedcontainers import SortedKeyList

from horde_server.dispatch import entry as entries
from horde_server.dispatch.live_queue import PERSONAL_LOOK_AHEAD, WORD_SEARCH_LIMIT, LiveQueue
from horde_server.dispatch.refusal import Offer, Reason, Requirement, refusal

CLASSES, WORKERS = 50, 40


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> LiveQueue:
    return LiveQueue(clock)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the predicate was computed since the last call."""
    calls = 0
    real = refusal

    def counted(requirement: Requirement, offer: Offer) -> Reason | None:
        nonlocal calls
        calls += 1
        return real(requirement, offer)

    def since_last() -> int:
        nonlocal calls
        found, calls = calls, 0
        return found

    monkeypatch.setattr(entries, "refusal", counted)
    return since_last


def test_a_new_speed_sample_of_a_worker_costs_no_predicate(queue: LiveQueue, asked: Callable[[], int]) -> None:
    """Every fold brings new speeds: with many workers that must not make every check look at all of them again."""
    entries = [an_entry(a_requirement(pixels=64 * 64 * (1 + place)), key=place) for place in range(CLASSES)]
    for entry in entries:
        queue.add(entry)
    offers = [an_offer(max_pixels=64 * 64 * CLASSES) for _ in range(WORKERS)]
    for offer in offers:
        queue.view(offer)
    for entry in entries:
        queue.place(entry)
    asked()
    for offer in offers:
        queue.view(offer._replace(speed=offer.speed + 1))
        for entry in entries:
            queue.place(entry, max_age_s=0)
            queue.is_possible(entry)
    assert asked() == 0


def test_a_worker_that_becomes_fast_is_offered_fast_work(queue: LiveQueue) -> None:
    entry = an_entry(a_requirement(wants_fast=True))
    queue.add(entry)
    slow = an_offer(is_fast=False)
    assert list(queue.candidates(queue.view(slow))) == []
    assert not queue.is_possible(entry)
    assert list(queue.candidates(queue.view(slow._replace(is_fast=True)))) == [entry]
    assert queue.is_possible(entry)


def test_a_new_class_asks_only_until_somebody_can_serve_it(queue: LiveQueue, asked: Callable[[], int]) -> None:
    for _ in range(WORKERS):
        queue.view(an_offer())
    asked()
    entry = an_entry()
    queue.add(entry)
    assert queue.is_possible(entry)
    assert asked() <= 2


def test_nothing_is_remembered_of_classes_that_are_gone(queue: LiveQueue) -> None:
    view = queue.view(an_offer(max_pixels=10**9))
    for place in range(3000):
        entry = an_entry(a_requirement(pixels=64 * 64 + place))
        queue.add(entry)
        assert next(queue.candidates(view)) is entry
        queue.skipped(view, max_age_s=0)
        queue.remove(entry.id)
    assert view.memory_bytes() < 500
    assert not view.serves


def test_a_place_does_not_look_at_every_class(queue: LiveQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody can serve is not counted; all others are one look-up together."""
    for place in range(CLASSES):
        queue.add(an_entry(a_requirement(models=frozenset({f"m{place}"})), key=place))
    last = an_entry(a_requirement(models=frozenset({"m0"})), key=CLASSES)
    queue.add(last)
    queue.view(an_offer(models=frozenset(f"m{place}" for place in range(CLASSES - 5))))
    assert queue.place(last)[0] == 1 + CLASSES - 5
    looked_at = 0
    real = SortedKeyList.bisect_key_left

    def counted(self: SortedKeyList[Any, Any], key: Any) -> int:
        nonlocal looked_at
        looked_at += 1
        return real(self, key)

    monkeypatch.setattr(SortedKeyList, "bisect_key_left", counted)
    queue.place(last, max_age_s=0)
    assert looked_at <= 5 + 2


# ---------------------------------------------------------------- wait_time (requests.md §9.5)

THINGS = 512 * 512 * 30


def test_one_image_takes_one_worker_however_many_there_are(queue: LiveQueue) -> None:
    for _ in range(10):
        queue.view(an_offer(speed=THINGS / 60))
    entry = an_entry()
    queue.add(entry)
    assert queue.place(entry)[1] == 60


def test_images_beyond_the_workers_take_another_round(queue: LiveQueue) -> None:
    for _ in range(2):
        queue.view(an_offer(speed=THINGS / 60))
    entry = an_entry(jobs=5)
    queue.add(entry)
    assert queue.place(entry)[1] == 180


def test_the_work_ahead_is_shared_by_all_workers(queue: LiveQueue) -> None:
    for _ in range(2):
        queue.view(an_offer(speed=THINGS / 60))
    queue.add(an_entry(key=1, jobs=20))  # a large one first must not make every other count as large
    for place in range(10):
        queue.add(an_entry(key=2 + place))
    last = an_entry(key=99)
    queue.add(last)
    assert queue.place(last)[1] == pytest.approx((20 + 10) * 60 / 2 + 60, rel=0.2)


def test_the_wait_for_a_running_image_shrinks(queue: LiveQueue, clock: Clock) -> None:
    queue.view(an_offer(speed=THINGS / 60))
    entry = an_entry()
    queue.add(entry)
    queue.update(entry.state._replace(waiting=0, processing=1, version=1))
    assert queue.place(entry) == (0, 60)
    clock.now_s += 45
    assert queue.place(entry) == (0, 15)
    clock.now_s += 60
    assert queue.place(entry) == (0, 0)


# ---------------------------------------------------------------- what depends on the single request

WORDS = tuple(f"word{place}" for place in range(200))


def test_a_long_word_list_reads_long_prompts_once_and_not_all_at_one_pop(queue: LiveQueue) -> None:
    """200 words in 200 prompts of 100 kB were seconds of work at every pop."""
    read = 0

    class Counted(str):
        def __contains__(self, word: object) -> bool:
            nonlocal read
            read += len(self)
            assert isinstance(word, str)
            return str.__contains__(self, word)

    for place in range(100):
        entry = an_entry(key=place)
        entry.prompt_lower = Counted("lorem ipsum " * 8000 + WORDS[-1])
        queue.add(entry)
    last = an_entry(key=100)
    queue.add(last)
    view = queue.view(an_offer(blacklist=WORDS))
    longest = 200 * 100_000
    pops = 0
    while next(queue.candidates(view), None) is not last:
        queue.skipped(view, max_age_s=0)
        pops += 1
        assert read <= 2 * (WORD_SEARCH_LIMIT + longest)
        read = 0
        assert pops <= 100
    assert read <= WORD_SEARCH_LIMIT + longest
    read = 0
    assert next(queue.candidates(view)) is last
    assert queue.skipped(view, max_age_s=0) == {"blacklist": 100}
    assert read == 0


def test_a_worker_that_asks_for_kudos_finds_a_payer_behind_many_who_have_none(queue: LiveQueue) -> None:
    for place in range(500):
        queue.add(an_entry(key=place, covered=False))
    payer = an_entry(key=501)
    queue.add(payer)
    view = queue.view(an_offer(wants_upfront_kudos=True))
    assert next(queue.candidates(view), None) is payer
    assert PERSONAL_LOOK_AHEAD >= 500


def test_the_queue_of_a_model_is_counted_once_a_second(queue: LiveQueue, clock: Clock) -> None:
    """`/status/models` is polled by every front-end."""
    queue.add(an_entry())
    first = queue.waiting_by_model()
    assert first == {"m": (1, float(THINGS))}
    queue.add(an_entry())
    assert queue.waiting_by_model() is first
    clock.now_s += 1.1
    assert queue.waiting_by_model() == {"m": (2, 2.0 * THINGS)}
