"""Warm models are preferred among requests that are as good as equal, and nobody starves for it (docs/fairness.md)."""

from __future__ import annotations

from typing import Any

from builders import a_requirement, an_entry, an_offer
from hypothesis import given
from hypothesis import strategies as st

from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.turns import STEP_S
from horde_server.dispatch.warm import WARM_LOOK_AHEAD, WARM_WINDOW_S, best_of

MODELS = ("a", "b", "c")
OFFER = an_offer(models=frozenset(MODELS), favoured=frozenset({7}))
A, B, ANY = (a_requirement(models=frozenset(names)) for names in (("a",), ("b",), ()))


def queue_of(*entries: Entry) -> LiveQueue:
    queue = LiveQueue(lambda: 0.0)
    for entry in entries:
        queue.add(entry)
    return queue


def best(queue: LiveQueue, *loaded: str) -> Entry | None:
    return best_of(queue.candidates(queue.view(OFFER)), OFFER, frozenset(loaded))


def test_of_equal_requests_the_loaded_model_is_served() -> None:
    cold, warm = an_entry(A, key=0.0), an_entry(B, key=WARM_WINDOW_S - 0.1, account_id=2)
    queue = queue_of(cold, warm)
    assert best(queue) is cold
    assert best(queue, "b") is warm
    assert best(queue, "c") is cold
    assert best(queue, "a", "b") is cold, "the first is warm too"


def test_whoever_came_much_earlier_is_served_first() -> None:
    cold, warm = an_entry(A, key=0.0), an_entry(B, key=WARM_WINDOW_S, account_id=2)
    assert best(queue_of(cold, warm), "b") is cold


def test_a_request_for_any_model_is_warm() -> None:
    cold, anything = an_entry(A, key=0.0), an_entry(ANY, key=1.0, account_id=2)
    assert best(queue_of(cold, anything), "c") is anything


def test_the_owners_come_first_whatever_is_loaded() -> None:
    mine, other = an_entry(A, key=5.0, account_id=7), an_entry(B, key=0.0, account_id=2)
    assert best(queue_of(mine, other), "b") is mine
    warmer = an_entry(B, key=6.0, account_id=7)
    assert best(queue_of(mine, other, warmer), "b") is warmer


def test_no_pop_looks_through_all_that_waits() -> None:
    cold = [an_entry(A, key=number / 1000, account_id=number + 100) for number in range(WARM_LOOK_AHEAD + 1)]
    warm = an_entry(B, key=1.0, account_id=2)
    queue = queue_of(*cold, warm)
    assert best(queue, "b") is cold[0]
    queue.remove(cold[0].id)
    assert best(queue, "b") is warm


def test_one_requesters_turns_are_further_apart_than_the_window() -> None:
    """What the promise rests on: each passes with one request at most, and nobody's own change places."""
    assert WARM_WINDOW_S < STEP_S


REQUESTS = st.lists(
    st.tuples(st.floats(0, 60), st.sets(st.sampled_from(MODELS), max_size=2), st.integers(1, 9)),
    min_size=1,
    max_size=30,
)


@given(REQUESTS, st.lists(st.sets(st.sampled_from(MODELS)), min_size=1))
def test_nobody_is_passed_by_more_than_the_window(
    requests: list[tuple[float, set[str], int]], loads: list[set[str]]
) -> None:
    """Served one after another, whatever is loaded when: who is served before somebody has a key at most the window
    higher; so all are served, each no later than had they asked so much later and nothing were ever preferred."""
    entries = [
        an_entry(a_requirement(models=frozenset(models)), key=key, account_id=account)
        for key, models, account in requests
    ]
    queue = queue_of(*entries)
    waiting: list[Any] = list(entries)
    served: list[Entry] = []
    for turn in range(len(entries)):
        entry = best(queue, *loads[turn % len(loads)])
        assert entry is not None
        same_distance = [one for one in waiting if (one.account_id == 7) == (entry.account_id == 7)]
        assert entry.key < min(one.key for one in same_distance) + WARM_WINDOW_S
        assert entry.account_id == 7 or not any(one.account_id == 7 for one in waiting), "the owner's first"
        served.append(entry)
        waiting.remove(entry)
        queue.remove(entry.id)
    assert best(queue, *MODELS) is None
    others = [entry for entry in served if entry.account_id != 7]
    for place, entry in enumerate(others):
        later = sum(one.key < entry.key + WARM_WINDOW_S for one in others)
        assert place < later, "no later than had it asked so much later"
