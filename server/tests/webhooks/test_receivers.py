"""A receiver that is slow or dead takes no time from the others."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from horde_server.webhooks.receivers import AT_A_TIME, FOR_ONE_AT_A_TIME, Receivers

HOST, OTHER = "slow.test", "other.test"


class Clock:
    """Seconds that pass when told."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_few_deliveries_to_one_host_run_at_a_time_and_others_are_not_held_up(clock: Clock) -> None:
    receivers = Receivers(clock)
    with ExitStack() as under_way:
        for account in range(AT_A_TIME):
            assert receivers.wait_s(HOST, account) == 0
            under_way.enter_context(receivers.delivering(HOST, account))
        assert receivers.wait_s(HOST, 99) > 0
        assert receivers.wait_s(OTHER, 99) == 0
    assert receivers.wait_s(HOST, 99) == 0


def test_few_deliveries_for_one_account_run_at_a_time_however_many_hosts_it_names(clock: Clock) -> None:
    receivers = Receivers(clock)
    with ExitStack() as under_way:
        for number in range(AT_A_TIME):
            under_way.enter_context(receivers.delivering(f"{number}.test", 1))
        assert receivers.wait_s(OTHER, 1) > 0
        assert receivers.wait_s(OTHER, 2) == 0


def test_one_account_leaves_places_at_a_host_for_the_others(clock: Clock) -> None:
    receivers = Receivers(clock)
    with ExitStack() as under_way:
        for _ in range(FOR_ONE_AT_A_TIME):
            assert receivers.wait_s(HOST, 1) == 0
            under_way.enter_context(receivers.delivering(HOST, 1))
        assert receivers.wait_s(HOST, 1) > 0
        assert receivers.wait_s(HOST, 2) == 0
        assert receivers.wait_s(OTHER, 1) == 0


def test_the_silence_that_one_account_met_at_a_host_is_not_held_against_others_there(clock: Clock) -> None:
    receivers = Receivers(clock)
    receivers.was_silent(HOST, 1)
    assert receivers.wait_s(HOST, 1) > 0
    assert receivers.wait_s(HOST, 2) == 0
    receivers.answered(HOST, 2)
    assert receivers.wait_s(HOST, 1) > 0


def test_the_more_wait_the_longer_each_waits_so_that_they_come_one_by_one(clock: Clock) -> None:
    receivers = Receivers(clock)
    with ExitStack() as under_way:
        for account in range(AT_A_TIME):
            under_way.enter_context(receivers.delivering(HOST, account))
        waits_s = [receivers.wait_s(HOST, 99) for _ in range(1000)]
        assert max(waits_s[:AT_A_TIME]) < 5
        assert min(waits_s[-10:]) > 100
        clock.now_s += 10_000  # all of those have come again
        assert receivers.wait_s(HOST, 99) < 5


def test_a_silent_host_is_left_alone_longer_each_time_but_at_most_a_quarter_of_an_hour(clock: Clock) -> None:
    receivers = Receivers(clock)
    waits_s = []
    for _ in range(20):
        receivers.was_silent(HOST, 1)
        left_alone_s = receivers.wait_s(HOST, 1)
        waits_s.append(left_alone_s)
        clock.now_s += left_alone_s
        assert receivers.wait_s(HOST, 1) == 0
    assert 4 < waits_s[0] < 10
    assert waits_s[4] > 40
    assert 800 < waits_s[-1] < 1500
    assert receivers.wait_s(OTHER, 1) == 0


def test_a_host_that_answers_again_is_delivered_to_at_once(clock: Clock) -> None:
    receivers = Receivers(clock)
    receivers.was_silent(HOST, 1)
    assert receivers.wait_s(HOST, 1) > 0
    receivers.answered(HOST, 1)
    assert receivers.wait_s(HOST, 1) == 0


def test_nothing_is_remembered_of_what_is_over(clock: Clock) -> None:
    receivers = Receivers(clock)
    for number in range(11_000):
        receivers.was_silent(f"{number}.test", 1)
    assert len(receivers._silent) == 10_000
    with receivers.delivering(HOST, 1):
        pass
    assert (len(receivers._under_way), len(receivers._turns)) == (0, 0)
