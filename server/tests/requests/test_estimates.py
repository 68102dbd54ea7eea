"""Estimates of when a request is done, and what is counted of them (reasons.md §4)."""

from __future__ import annotations

from math import inf

import pytest
from psycopg_pool import PoolTimeout
from simulated_day import Day, simulate

from horde_server.database.pool import Pool
from horde_server.requests.reasons import outcome_store
from horde_server.requests.reasons.estimates import Estimates
from horde_server.requests.reasons.outcomes import (
    LEAST_WAIT_S,
    NEVER,
    OCTAVES,
    WAIT_CLASSES_S,
    Outcome,
    Outcomes,
    outcome_of,
    ratio_bucket,
    wait_class,
)


def took(wait_s: float, real_s: float | None) -> Outcome:
    return outcome_of("image", wait_s, wait_s, 2 * wait_s, real_s)


@pytest.mark.parametrize(("p50_s", "real_s"), [(inf, 1.0), (1.0, 1e9), (1.0, 2.0), (1.0, None)])
def test_how_far_off_it_was_is_always_stored_as_one_type(p50_s: float, real_s: float | None) -> None:
    assert type(outcome_of("image", 1.0, p50_s, 2 * p50_s, real_s).off_octaves) is float


def test_before_anything_is_known_the_estimate_is_in_the_middle_and_cautious() -> None:
    p50, p90 = Outcomes().factors("image", 30.0)
    assert p50 == pytest.approx(1.0, rel=0.02)
    assert p90 == pytest.approx(2.5, rel=0.05)


def test_what_became_of_the_last_ones_makes_the_next() -> None:
    """Half took twice as long, and a tenth ten times."""
    outcomes = Outcomes()
    for number in range(1000):
        outcomes.note(took(30.0, 300.0 if number % 10 == 0 else 60.0))
    p50, p90 = outcomes.factors("image", 30.0)
    assert p50 == pytest.approx(2.0, rel=0.2)
    assert p90 == pytest.approx(2.2, rel=0.2)
    assert outcomes.factors("image", 3000.0)[0] == pytest.approx(1.0, rel=0.02), "of another length"
    assert outcomes.factors("text", 30.0)[0] == pytest.approx(1.0, rel=0.02), "of another kind"


def test_no_time_is_told_by_which_nine_of_ten_are_done_where_more_never_are() -> None:
    outcomes = Outcomes()
    for number in range(1000):
        outcomes.note(took(30.0, None if number % 4 == 0 else 30.0))
    p50, p90 = outcomes.factors("image", 30.0)
    assert 0.5 < p50 < 2
    assert p90 == inf


def test_accuracy_counts_what_was_kept() -> None:
    outcomes = Outcomes()
    for real_s in (5.0, 10.0, 20.0, 40.0, None):
        outcomes.note(took(10.0, real_s))
    accuracy = outcomes.accuracy("image")
    assert (accuracy.requests, accuracy.within_p50, accuracy.within_p90) == (5, 2, 3)
    assert accuracy.typical_factor == pytest.approx(2 ** ((1 + 0 + 1 + 2 + OCTAVES) / 5))
    assert outcomes.accuracy("text").typical_factor is None


def test_buckets_and_classes_hold_every_time() -> None:
    assert [wait_class(wait_s) for wait_s in (0, 4.9, 5, 1e9)] == [0, 0, 1, len(WAIT_CLASSES_S)]
    assert [ratio_bucket(ratio) for ratio in (0.0, 2.0**-OCTAVES, 1.0, 1e9)] == [0, 0, NEVER // 2, NEVER]
    assert took(0.0, 0.0).ratio == 0
    assert took(0.0, LEAST_WAIT_S).off_octaves == 0


async def test_nodes_add_up_what_they_counted(pool: Pool) -> None:
    async with pool.connection() as conn:
        await outcome_store.add(conn, [took(30.0, 30.0), took(30.0, None)])
        await outcome_store.add(conn, [took(30.0, 30.0)])
        found = {outcome.ratio: outcome for outcome in await outcome_store.find(conn)}
    assert {ratio: outcome.requests for ratio, outcome in found.items()} == {NEVER // 2: 2, NEVER: 1}
    assert found[NEVER // 2].within_p50 == 2


async def test_one_that_was_far_off_is_stored_beside_the_others(pool: Pool) -> None:
    """Both ways: foretold never, and done a million times later."""
    async with pool.connection() as conn:
        foretold_never = outcome_of("image", 30.0, inf, inf, 300.0)
        await outcome_store.add(conn, [took(30.0, 31.0), took(30.0, 3e7), foretold_never])
        assert sum(outcome.requests for outcome in await outcome_store.find(conn)) == 3


async def test_what_could_not_be_stored_is_stored_later(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    estimates = Estimates(pool)
    estimates._outcomes.note(took(30.0, 30.0))

    async def away(*_: object) -> None:
        raise PoolTimeout

    with monkeypatch.context() as patch:
        patch.setattr(outcome_store, "find", away)
        with pytest.raises(PoolTimeout):
            await estimates.save()
    assert estimates.accuracy("image").requests == 1
    for _ in range(2):
        await estimates.save()
    async with pool.connection() as conn:
        assert [outcome.requests for outcome in await outcome_store.find(conn)] == [1]


def test_estimates_are_kept_in_a_simulated_half_day() -> None:
    """Half by their p50, nine of ten by their p90, about; the plain estimate alone, which knows no polls, is not."""
    told = simulate(Day(hours=12.0, workers=6, requests_per_s=0.13))
    assert len(told) > 2000

    def share(kept: int) -> float:
        return kept / len(told)

    done = [(each.promise, each.real_s) for each in told if each.real_s is not None]
    assert 0.4 < share(sum(real_s <= promise.p50_s for promise, real_s in done)) < 0.6
    assert 0.8 < share(sum(real_s <= promise.p90_s for promise, real_s in done)) < 0.97
    assert share(sum(real_s <= promise.wait_s for promise, real_s in done)) < 0.4
