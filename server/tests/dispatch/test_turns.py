"""Further open requests of one requester line up behind each other (docs/fairness.md)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from builders import an_entry
from hypothesis import given
from hypothesis import strategies as st

from horde_server.dispatch import turns
from horde_server.dispatch.entry import AnyEntry
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.order import order_key
from horde_server.dispatch.turns import ANONYMOUS_ID, STEP_S, Turns

ADA, BOB = 1, 2


class Desk:
    """Takes requests into a queue as intake does."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.queue = LiveQueue(lambda: self.now_s)
        self.turns = Turns(self.queue)

    def key_of(self, account_id: int, at: float = 0.0, *, address: str = "192.0.2.1", jobs: int = 1) -> float:
        """Where a request starts that comes at `at` without a head start, or starts there with one."""
        self.now_s = max(self.now_s, at)
        with self.turns.turn(RequestId(uuid4()), account_id, address, jobs=jobs, earliest_key=at) as key:
            return key

    def ask(self, account_id: int, at: float = 0.0, *, address: str = "192.0.2.1", jobs: int = 1) -> AnyEntry:
        self.now_s = max(self.now_s, at)
        request_id = RequestId(uuid4())
        with self.turns.turn(request_id, account_id, address, jobs=jobs, earliest_key=at) as key:
            entry = an_entry(key=key, account_id=account_id, jobs=jobs, request_id=request_id)
            self.queue.add(entry)
        return entry

    def finish(self, entry: AnyEntry) -> None:
        state = entry.state
        self.queue.update(state._replace(waiting=0, finished=state.jobs, version=state.version + 1))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_further_request_starts_a_step_behind_the_last_open_one(desk: Desk) -> None:
    assert [desk.ask(ADA, at).key for at in (100.0, 101.0, 102.0)] == [100.0, 100.0 + STEP_S, 100.0 + 2 * STEP_S]


def test_others_are_not_held_up(desk: Desk) -> None:
    desk.ask(ADA)
    assert desk.key_of(BOB, 1.0) == 1.0


def test_every_image_is_a_step(desk: Desk) -> None:
    desk.ask(ADA, jobs=20)
    assert desk.key_of(ADA, 1.0) == 20 * STEP_S


def test_who_waits_for_the_last_one_to_finish_starts_when_it_comes(desk: Desk) -> None:
    desk.finish(desk.ask(ADA, 100.0))
    assert desk.key_of(ADA, 101.0) == 101.0


def test_a_head_start_that_was_used_grows_back_with_time(desk: Desk) -> None:
    """Else who sends his requests in bunches would have it anew with each bunch."""
    desk.now_s = 2000.0
    for used in range(3):
        first = desk.ask(ADA, 200.0)
        assert first.key == 200.0 + used * STEP_S
        desk.finish(first)
        desk.queue.remove(first.id)
    desk.now_s += 1000.0
    assert desk.key_of(ADA, 1200.0) == 1200.0


def test_a_flood_uses_a_head_start_up_also_beyond_it(desk: Desk) -> None:
    desk.now_s = 2000.0
    flood = [desk.ask(ADA, 1900.0) for _ in range(10)]
    assert flood[-1].key > desk.now_s
    for entry in flood:
        desk.finish(entry)
        desk.queue.remove(entry.id)
    assert desk.key_of(ADA, 1900.0) == desk.now_s


def test_what_was_served_never_puts_anybody_behind_his_arrival(desk: Desk) -> None:
    desk.now_s = 100.0
    for _ in range(10):
        desk.finish(desk.ask(ADA, 50.0))
    assert desk.key_of(ADA, 50.0) == 100.0


def test_an_open_request_counts_though_a_later_one_is_done(desk: Desk) -> None:
    desk.ask(ADA, 100.0)
    desk.finish(desk.ask(ADA, 100.0))
    assert desk.key_of(ADA, 101.0) == 100.0 + STEP_S


def test_who_came_long_ago_is_a_step_ahead_anyway(desk: Desk) -> None:
    desk.ask(ADA, 100.0)
    assert desk.key_of(ADA, 100.0 + 2 * STEP_S) == 100.0 + 2 * STEP_S


def test_requests_sent_at_the_same_moment_line_up_too(desk: Desk) -> None:
    """None of them is in the queue yet when the next one asks."""
    with desk.turns.turn(RequestId(uuid4()), ADA, "", jobs=1, earliest_key=0.0) as first:
        assert desk.key_of(ADA) == first + STEP_S


def test_a_request_that_could_not_be_stored_holds_nobody_up(desk: Desk) -> None:
    with pytest.raises(ConnectionError), desk.turns.turn(RequestId(uuid4()), ADA, "", jobs=1, earliest_key=0.0):
        raise ConnectionError
    assert desk.key_of(ADA, 1.0) == 1.0


def test_requests_taken_by_other_servers_count(desk: Desk) -> None:
    desk.queue.add(an_entry(key=50.0, account_id=ADA, jobs=2))
    assert desk.key_of(ADA, 51.0) == 50.0 + 2 * STEP_S


def test_anonymous_is_a_requester_by_address(desk: Desk) -> None:
    desk.ask(ANONYMOUS_ID, address="192.0.2.1")
    assert desk.key_of(ANONYMOUS_ID, 1.0, address="192.0.2.1") == STEP_S
    assert desk.key_of(ANONYMOUS_ID, 1.0, address="192.0.2.2") == 1.0


def test_all_addresses_of_one_ipv6_network_are_one_requester(desk: Desk) -> None:
    desk.ask(ANONYMOUS_ID, address="2001:db8::1")
    assert desk.key_of(ANONYMOUS_ID, 1.0, address="2001:db8::ffff:2") == STEP_S
    assert desk.key_of(ANONYMOUS_ID, 1.0, address="2001:db8:0:1::1") == 1.0


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 10**12), st.integers(1, 20)), max_size=40))
def test_ones_own_requests_keep_their_order_whatever_one_earns_meanwhile(asked: list[tuple[float, int, int]]) -> None:
    desk, now_s, keys = Desk(), 1e9, []
    for pause_s, balance, jobs in asked:
        desk.now_s = now_s = now_s + pause_s
        keys.append(desk.ask(ADA, order_key(now_s, balance, head_start_cap_s=1800.0), jobs=jobs).key)
    assert keys == sorted(keys)


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=30), st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_kudos_never_mean_later_also_with_open_requests(
    asked: list[tuple[float, bool]], one: int, other: int
) -> None:
    poor, rich = sorted((one, other))
    desk, now_s = Desk(), 1e9
    for pause_s, finishes in asked:
        desk.now_s = now_s = now_s + pause_s
        mine = [
            desk.ask(account, order_key(now_s, balance, head_start_cap_s=1800.0))
            for account, balance in ((ADA, poor), (BOB, rich))
        ]
        assert mine[1].key <= mine[0].key
        if finishes:
            for entry in mine:
                desk.finish(entry)


def test_requesters_without_open_requests_are_forgotten(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_IDLE", 10)
    desk.turns = Turns(desk.queue)
    open_one = desk.ask(ADA)
    for place in range(100):
        desk.finish(desk.ask(ANONYMOUS_ID, address=f"198.51.100.{place}"))
    assert len(desk.turns._next_starts) <= 12
    assert desk.key_of(ADA, 1.0) == open_one.key + STEP_S


def test_a_busy_requester_is_remembered_by_open_requests_only(desk: Desk) -> None:
    desk.ask(ADA)
    for _ in range(1000):
        desk.finish(desk.ask(ADA))
    desk.key_of(ADA)
    assert len(desk.turns._next_starts[ADA]) <= 2
