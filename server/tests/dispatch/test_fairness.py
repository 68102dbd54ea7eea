"""One very rich account, one that floods, and a thousand poor people before the real queue (docs/fairness.md)."""

from __future__ import annotations

from statistics import mean

import pytest
from crowd import CROWDED_FROM_S, FLOODER, HEAD_START_CAP_S, RICH, Outcome, Scene, simulate


@pytest.fixture(scope="module")
def crowded() -> Outcome:
    """As it is."""
    return simulate(Scene())


def test_nobody_starves_beside_the_richest_and_a_flood(crowded: Outcome) -> None:
    for who, accounts in (("the poor", ()), ("the rich", (RICH,)), ("the flooder", (FLOODER,))):
        waits = crowded.of(*accounts)
        longest = crowded.longest(*accounts)
        print(f"{who}: {len(waits)} images, waited {mean(waits):.0f} s on average, {longest:.0f} s at most")
        assert longest <= HEAD_START_CAP_S
    assert crowded.longest() <= 300


def test_it_is_the_turns_that_keep_the_poor_from_starving() -> None:
    """The same crowd without them: the head start alone lets the richest take the workers for as long as it lasts."""
    without = simulate(Scene(has_turns=False))
    assert mean(without.of()) > 1500
    assert len(without.of(RICH)) > len(without.of())


def test_flooding_wins_no_place_before_people_who_ask_for_one_image(crowded: Outcome) -> None:
    alone = simulate(Scene(has_rich=False, has_flooder=False))
    assert mean(crowded.of(FLOODER)) > 5 * mean(crowded.of())
    assert mean(crowded.of()) <= mean(alone.of()) + 30
    assert crowded.longest() <= alone.longest() + 120


def test_of_two_who_do_the_same_the_richer_waits_less(crowded: Outcome) -> None:
    assert mean(crowded.of(RICH)) < mean(crowded.of(FLOODER))
    assert len(crowded.of(RICH)) > len(crowded.of(FLOODER))


def test_sending_in_bunches_does_not_buy_the_head_start_again() -> None:
    """Thirty requests, and the next thirty when the last of them is finished."""
    bunches = simulate(Scene(rich_in_batches=True))
    assert bunches.longest() <= 300
    assert len(bunches.of(RICH)) < len(bunches.of()) / 4


def test_spare_capacity_is_used_by_whoever_asks() -> None:
    """The workers make one image a second, and a hundred poor people ask for a twelfth of that."""
    few = Scene(poor=100, has_rich=False)
    outcome = simulate(few)
    assert len(outcome.of(FLOODER)) > 0.8 * (few.hours * 3600 - CROWDED_FROM_S)
    assert outcome.longest() <= few.image_s


def test_also_in_an_overloaded_horde_the_longest_wait_is_bounded() -> None:
    """People ask for two thirds more than can be made: all wait, nobody more than the others' head start."""
    overloaded = simulate(Scene(pause_s=600.0))
    print(f"overloaded: the poor waited {overloaded.longest():.0f} s at most")
    assert overloaded.longest() <= 900
    assert overloaded.longest(FLOODER) <= HEAD_START_CAP_S
