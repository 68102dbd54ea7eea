"""What is told of the cheapest changes is what a search finds, also where it was found for another request."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from builders import an_offer
from random_hordes import KINDS, a_kind, an_entry, an_order, offers

from horde_server.dispatch.cheapest import Cheapest, searched
from horde_server.dispatch.entry import AnyEntry
from horde_server.dispatch.kind import Kind
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.models import current
from horde_server.models.reference import built_in
from horde_server.requests import prospects
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.prospects import suggestion_in_words, what_would_help

HORDES = 300


def found(entry: AnyEntry, queue: LiveQueue, kind: Kind[Any]) -> str:
    """By a search of its own."""
    search = Cheapest(kind, queue, entry, queue.judged(entry), most=2_000)
    return "".join(f" {suggestion_in_words(each)}" for each in searched(search)[:3])


def test_what_is_told_is_what_a_search_finds_whoever_asked_before_and_however_workers_change() -> None:
    told = 0
    for seed in range(HORDES):
        chance = random.Random(seed)
        kind = a_kind(chance)
        queue = LiveQueue(lambda: 0.0, matched_targeting=chance.random() < 0.3)
        order = an_order(kind, chance)
        for _ in range(3):
            for offer in offers(kind, chance):
                queue.view(offer)
            for account in (1, 3):
                changes = {"prompt": f"of {account}", "seed": None} if hasattr(order, "seed") else {}
                entry = an_entry(kind, msgspec.structs.replace(order, **changes), account_id=account, covered=True)
                queue.add(entry)
                words = what_would_help(entry, queue, kind, None)
                assert words == found(entry, queue, kind)
                told += bool(words)
    assert told > HORDES


def searches(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each that is made from now on."""
    made: list[Any] = []

    class Counted(Cheapest[Any]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            made.append(self)

    monkeypatch.setattr(prospects, "Cheapest", Counted)
    return made


def test_requests_that_differ_by_their_words_are_searched_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kind, queue = KINDS[0], LiveQueue(lambda: 0.0)
    queue.view(an_offer(max_pixels=64 * 64))
    order = ImageOrder(prompt="", steps=377)  # as nobody else asks for
    made = searches(monkeypatch)
    for number in range(5):
        asked = msgspec.structs.replace(order, prompt=f"a harbour, {number}", seed=str(number))
        entry = an_entry(kind, asked, account_id=1, covered=True)
        queue.add(entry)
        what_would_help(entry, queue, kind, None)
    assert len(made) == 1
    current.use(replace(built_in()))  # another catalogue, though an equal one
    try:
        what_would_help(entry, queue, kind, None)
    finally:
        current.use(None)
    assert len(made) == 2


def test_nobody_searches_where_no_worker_is_online(monkeypatch: pytest.MonkeyPatch) -> None:
    made = searches(monkeypatch)
    kind, queue = KINDS[0], LiveQueue(lambda: 0.0)
    entry = an_entry(kind, an_order(kind, random.Random(1)), account_id=1, covered=True)
    queue.add(entry)
    assert what_would_help(entry, queue, kind, None) == ""
    assert not made
