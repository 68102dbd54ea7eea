"""How often workers may send, and how often they should."""

from __future__ import annotations

from uuid import uuid4

import pytest

from horde_server.streams.pace import LEAST_INTERVAL_MS, MOST_INTERVAL_MS, Pace
from horde_server.streams.piece import TooManyPieces


class Clock:
    """Seconds, as the test says."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_of_a_job_twenty_pieces_a_second_are_taken_and_no_more() -> None:
    """streams.md §2.5: others are not held up by it."""
    clock = Clock()
    pace, worker, job = Pace(clock), uuid4(), uuid4()
    for _ in range(20):
        pace.count(job, worker, 10)
    with pytest.raises(TooManyPieces):
        pace.count(job, worker, 10)
    pace.count(uuid4(), worker, 10)
    clock.now += 0.5
    for _ in range(10):
        pace.count(job, worker, 10)
    with pytest.raises(TooManyPieces):
        pace.count(job, worker, 10)


def test_of_a_worker_four_hundred_pieces_and_a_mebibyte_a_second_are_taken() -> None:
    """§2.5: however many jobs it has."""
    pace, worker = Pace(Clock()), uuid4()
    for _ in range(400):
        pace.count(uuid4(), worker, 10)
    with pytest.raises(TooManyPieces):
        pace.count(uuid4(), worker, 10)
    pace.count(uuid4(), uuid4(), 10)
    large = uuid4()
    for _ in range(4):
        pace.count(uuid4(), large, 256 * 1024)
    with pytest.raises(TooManyPieces):
        pace.count(uuid4(), large, 10)


def test_what_its_worker_may_not_send_takes_nothing_from_a_job() -> None:
    """§2.5: it is as if it had not come."""
    clock = Clock()
    pace, worker, job = Pace(clock), uuid4(), uuid4()
    for _ in range(400):
        pace.count(uuid4(), worker, 1)
    for _ in range(20):
        with pytest.raises(TooManyPieces):
            pace.count(job, worker, 200_000)
    clock.now += 0.1
    for _ in range(20):
        pace.count(job, worker, 10_000)


def test_of_a_job_256_kibibytes_a_second_are_taken() -> None:
    """§2.5: a second later it may go on."""
    clock = Clock()
    pace, worker, job = Pace(clock), uuid4(), uuid4()
    pace.count(job, worker, 200_000)
    with pytest.raises(TooManyPieces):
        pace.count(job, worker, 100_000)
    clock.now += 1
    pace.count(job, worker, 100_000)


def test_intervals_grow_under_load_and_for_a_listener_that_is_behind() -> None:
    """§2.7: doubled, and to two seconds at most."""
    clock = Clock()
    pace = Pace(clock)
    assert pace.interval_ms() == LEAST_INTERVAL_MS
    assert pace.interval_ms(64 * 1024) == LEAST_INTERVAL_MS
    assert pace.interval_ms(65 * 1024) == 2 * LEAST_INTERVAL_MS
    assert pace.interval_ms(200 * 1024) == 4 * LEAST_INTERVAL_MS
    assert pace.interval_ms(1 << 30) == MOST_INTERVAL_MS
    for _ in range(2001):
        pace.count(uuid4(), uuid4(), 1)
    assert pace.interval_ms() == 2 * LEAST_INTERVAL_MS
    clock.now += 2
    pace.count(uuid4(), uuid4(), 1)
    assert pace.interval_ms() == LEAST_INTERVAL_MS


def test_where_nobody_listens_a_sign_of_life_a_second_is_enough() -> None:
    """§2.7: more often at first, as who asked may be about to listen."""
    pace = Pace(Clock())
    assert [pace.unheard_interval_ms(age_s) for age_s in (0, 2.9, 3, 100)] == [200, 200, 1000, 1000]


def test_who_is_gone_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(100):
        pace.count(uuid4(), uuid4(), 1)
    clock.now += 11
    pace.forget()
    assert not pace._allowances
