"""Every sampler on the scores of the next token: always a distribution, and each does what its name says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from horde_worker.text_sampling import DEFAULT_ORDER, NEUTRAL, Scores, TextSampling, next_token_shares, shares_of

SCORES = arrays(np.float64, st.integers(2, 60), elements=st.floats(-40, 40, width=32))
SAMPLINGS = st.builds(
    TextSampling,
    temperature=st.floats(0, 5),
    top_k=st.integers(0, 80),
    top_a=st.floats(0, 1),
    top_p=st.floats(0.001, 1),
    min_p=st.floats(0, 1),
    tfs=st.floats(0, 1),
    typical=st.floats(0, 1),
    rep_pen=st.floats(1, 3),
    rep_pen_range=st.none() | st.integers(0, 100),
    rep_pen_slope=st.floats(0, 10),
    smoothing_factor=st.floats(0, 10),
    dynatemp_range=st.floats(0, 5),
    dynatemp_exponent=st.floats(0, 5),
    sampler_order=st.permutations(DEFAULT_ORDER).map(tuple) | st.lists(st.integers(-2, 9), max_size=9).map(tuple),
)
PLAIN = np.array([4.0, 3.0, 2.0, 1.0, 0.0, -1.0])


def shares(scores: Scores = PLAIN, read: tuple[int, ...] = (), **sampling: Any) -> Scores:
    """The distribution under these samplers, all others neutral."""
    return next_token_shares(scores, read, replace(NEUTRAL, **sampling))


def possible(scores: Scores = PLAIN, read: tuple[int, ...] = (), **sampling: Any) -> list[int]:
    """Which tokens can be drawn."""
    return [int(token) for token in np.flatnonzero(shares(scores, read, **sampling))]


# ------------------------------------------------------------------------ what holds for all of them


@given(SCORES, SAMPLINGS, st.data())
def test_whatever_is_asked_for_gives_a_distribution(
    scores: Scores, sampling: TextSampling, data: st.DataObject
) -> None:
    """Not negative, one in sum, never empty, for every value in the horde's limits and every order."""
    read = data.draw(st.lists(st.integers(0, len(scores) - 1), max_size=30))
    result = next_token_shares(scores, read, sampling)
    assert result.shape == scores.shape
    assert np.all(np.isfinite(result)) and np.all(result >= 0)
    assert result.sum() == pytest.approx(1)


@given(SCORES, st.permutations(DEFAULT_ORDER))
def test_neutral_values_change_nothing_in_any_order(scores: Scores, order: list[int]) -> None:
    """What a request does not set does not shape its text."""
    assert next_token_shares(scores, [0], replace(NEUTRAL, sampler_order=tuple(order))) == pytest.approx(
        shares_of(scores)
    )


@given(SCORES, SAMPLINGS)
def test_without_repetition_the_better_token_stays_the_likelier(scores: Scores, sampling: TextSampling) -> None:
    """All cuts but `typical` take from the bottom, and heat keeps the ranks of what rounding does not make equal."""
    scores, smoothing = np.round(scores, 2), round(sampling.smoothing_factor, 2)
    result = next_token_shares(scores, [], replace(sampling, typical=1.0, smoothing_factor=smoothing))
    by_score = result[np.argsort(-scores, kind="stable")]
    ranks = np.sort(-scores)
    for place in range(len(by_score) - 1):
        if ranks[place] < ranks[place + 1]:
            assert by_score[place] >= by_score[place + 1] - 1e-12


@pytest.mark.parametrize(
    ("name", "strict", "mild"),
    [
        ("top_k", 2, 7), ("top_p", 0.3, 0.9), ("top_a", 0.9, 0.2), ("min_p", 0.8, 0.1), ("tfs", 0.2, 0.95),
        ("typical", 0.2, 0.9),
    ],
)  # fmt: skip
@given(scores=SCORES)
def test_a_stricter_cut_leaves_no_token_that_a_milder_one_rules_out(
    name: str, strict: float, mild: float, scores: Scores
) -> None:
    """Every cut is monotone."""
    stricter: dict[str, Any] = {name: strict}
    milder: dict[str, Any] = {name: mild}
    assert set(possible(scores, **stricter)) <= set(possible(scores, **milder))


@given(SCORES, SAMPLINGS)
def test_the_same_again_gives_the_same(scores: Scores, sampling: TextSampling) -> None:
    """The function draws nothing by chance, and leaves its input alone."""
    before = scores.copy()
    assert np.array_equal(next_token_shares(scores, [1], sampling), next_token_shares(scores, [1], sampling))
    assert np.array_equal(scores, before)


@given(SCORES, SAMPLINGS, st.data())
def test_a_banned_token_is_never_drawn(scores: Scores, sampling: TextSampling, data: st.DataObject) -> None:
    """Whatever else rules: it is out before the first step."""
    banned = data.draw(st.lists(st.integers(0, len(scores) - 1), min_size=1, max_size=len(scores) - 1, unique=True))
    assert next_token_shares(scores, [], sampling, banned=banned)[banned].sum() == 0


# ------------------------------------------------------------------------ each of them


def test_top_k_leaves_the_k_best() -> None:
    """By rank, also among equals."""
    assert possible(top_k=3) == [0, 1, 2]
    assert len(possible(np.zeros(6), top_k=3)) == 3


@pytest.mark.parametrize(("top_p", "left"), [(0.001, 1), (0.63, 1), (0.64, 2), (0.9, 3), (1.0, 6)])
def test_top_p_leaves_the_fewest_that_reach_it(top_p: float, left: int) -> None:
    """The shares are 0.634, 0.233, 0.086, 0.032, 0.012, 0.004."""
    assert possible(top_p=top_p) == list(range(left))


def test_min_p_is_relative_to_the_best() -> None:
    """0.2 of it keeps what is at most e-fold less likely; 1 the best alone."""
    assert possible(min_p=0.2) == [0, 1]
    assert possible(min_p=1.0) == [0]


def test_top_a_cuts_harder_the_surer_the_model_is() -> None:
    """At the square of the best share."""
    assert possible(top_a=0.3) == [0, 1]
    assert possible(np.zeros(6), top_a=0.3) == [0, 1, 2, 3, 4, 5]


def test_tail_free_cuts_where_the_curve_goes_flat() -> None:
    """Three tokens stand out from a long flat tail."""
    scores = np.concatenate((np.array([6.0, 5.8, 5.5]), np.zeros(50)))
    assert possible(scores, tfs=0.95) == [0, 1, 2]
    assert possible(np.zeros(6), tfs=0.1) == [0, 1, 2, 3, 4, 5]


def test_typical_may_leave_out_even_the_best() -> None:
    """Among many equals one that is much likelier is as untypical as one that is much less likely."""
    scores = np.concatenate((np.array([2.0]), np.zeros(40), np.array([-6.0])))
    left = possible(scores, typical=0.5)
    assert 0 not in left and 41 not in left and len(left) > 10


def test_temperature_flattens_and_sharpens() -> None:
    """And at 0 only the best is left."""
    assert shares(temperature=2.0)[0] < shares()[0] < shares(temperature=0.5)[0]
    assert shares(temperature=0.0)[0] == 1
    assert shares(temperature=2.0) == pytest.approx(shares_of(PLAIN / 2))


def test_dynamic_temperature_is_hot_where_the_model_is_undecided() -> None:
    """From cold where it is sure; the exponent bends the way between."""
    sure, torn = np.array([20.0, 0, 0, 0]), np.array([1.0, 0.9, 0.8, 0.7])
    assert shares(sure, dynatemp_range=1.0)[0] > shares(sure)[0] - 1e-12
    assert shares(torn, dynatemp_range=1.0)[0] == pytest.approx(shares(torn, temperature=2.0)[0], rel=0.01)
    assert shares(dynatemp_range=1.0, dynatemp_exponent=4.0)[0] > shares(dynatemp_range=1.0, dynatemp_exponent=0.5)[0]


def test_smoothing_spares_what_is_near_the_best_and_drops_what_is_far() -> None:
    """A parabola of the distance to the best."""
    assert shares(smoothing_factor=0.5) == pytest.approx(shares_of(-0.5 * (4.0 - PLAIN) ** 2))


# ------------------------------------------------------------------------ repetition


def test_what_was_read_becomes_less_likely() -> None:
    """Scores above zero are divided, those below multiplied: both go down."""
    penalised = shares(read=(0, 5), rep_pen=1.5)
    assert penalised == pytest.approx(shares_of(np.array([4 / 1.5, 3.0, 2.0, 1.0, 0.0, -1.5])))


@given(SCORES, st.floats(1, 3), st.floats(0, 10), st.data())
def test_a_penalty_never_raises_the_token_it_is_for(
    scores: Scores, rep_pen: float, slope: float, data: st.DataObject
) -> None:
    """However often it was read."""
    token = data.draw(st.integers(0, len(scores) - 1))
    times = data.draw(st.integers(1, 5))
    assume(len(scores) > 1)
    after = shares(scores, (token,) * times, rep_pen=rep_pen, rep_pen_slope=slope)
    assert after[token] <= shares(scores)[token] + 1e-12


def test_the_range_counts_from_the_end() -> None:
    """What lies further back is forgiven; a range of 0 forgives all (requests.md §8.3)."""
    assert shares(read=(0, 1), rep_pen=1.5, rep_pen_range=1) == pytest.approx(shares(read=(1,), rep_pen=1.5))
    assert shares(read=(0, 1), rep_pen=1.5, rep_pen_range=0) == pytest.approx(shares())


def test_with_a_slope_the_latest_is_penalised_most() -> None:
    """Scores are equal, so that only the place counts."""
    result = shares(np.full(4, 2.0), (0, 1, 2), rep_pen=2.0, rep_pen_slope=1.0)
    assert result[3] == pytest.approx(result[0])
    assert result[0] > result[1] > result[2]


# ------------------------------------------------------------------------ order


def test_the_order_asked_for_is_kept() -> None:
    """After a penalty top_k takes the others; before it, it takes the best and the penalty hits only them."""
    scores = np.array([4.0, 3.9, 3.8, 3.7])
    assert possible(scores, (0, 1), rep_pen=2.0, top_k=2, sampler_order=(6, 0, 1, 2, 3, 4, 5)) == [2, 3]
    assert possible(scores, (0, 1), rep_pen=2.0, top_k=2, sampler_order=(0, 1, 2, 3, 4, 5, 6)) == [0, 1]


def test_heat_before_or_after_a_cut_is_not_the_same() -> None:
    """Top-p sees flatter shares when the temperature came first."""
    assert len(possible(top_p=0.9, temperature=3.0, sampler_order=(5, 2, 0, 1, 3, 4, 6))) > len(
        possible(top_p=0.9, temperature=3.0, sampler_order=(2, 5, 0, 1, 3, 4, 6))
    )


def test_steps_that_an_order_leaves_out_run_all_the_same() -> None:
    """A request that names some of them did not ask for the others to be ignored."""
    assert shares(top_k=2, temperature=0.5, sampler_order=(0,)) == pytest.approx(shares(top_k=2, temperature=0.5))


# ------------------------------------------------------------------------ fewer are sorted, the same are kept


def kept_by_sorting_all(scores: Scores, sampling: TextSampling) -> list[bool]:
    """Which tokens one cut keeps, by the book: everything sorted, then cut off."""
    probable = shares_of(scores)
    order = np.argsort(-probable, kind="stable")
    if sampling.top_k:
        order = np.argsort(-scores, kind="stable")
        kept = order[: sampling.top_k]
    elif sampling.top_p < 1:
        before = np.cumsum(probable[order]) - probable[order]
        kept = order[before < sampling.top_p]
    elif sampling.tfs < 1:
        bends = np.abs(np.diff(probable[order], n=2))
        before = np.concatenate(([0.0], np.cumsum(bends / bends.sum())))
        kept = order[: len(before)][before < max(sampling.tfs, 1e-9)]
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            surprise = -np.log(probable)
            expected = np.nansum(np.where(probable > 0, probable * surprise, 0))
        order = np.argsort(np.abs(surprise - expected), kind="stable")
        before = np.cumsum(probable[order]) - probable[order]
        kept = order[before < sampling.typical]
    return [token in kept for token in range(len(scores))]


@given(
    arrays(np.float64, st.integers(3, 300), elements=st.integers(-12, 12).map(float)),
    st.sampled_from(["top_k", "top_p", "tfs", "typical"]),
    st.integers(1, 99),
    st.integers(0, 40),
)
def test_a_cut_keeps_what_sorting_everything_would_keep(scores: Scores, cut: str, amount: int, ruled_out: int) -> None:
    """Also among equals, and where an earlier step ruled tokens out."""
    scores = scores.copy()
    scores[1:][: min(ruled_out, len(scores) - 2)] = -np.inf
    wish: Any = {cut: amount if cut == "top_k" else amount / 100}
    sampling = replace(NEUTRAL, **wish)
    assume(cut != "tfs" or np.abs(np.diff(np.sort(shares_of(scores)), n=2)).sum() > 0)
    with np.errstate(invalid="ignore"):
        expected = kept_by_sorting_all(scores, sampling)
        result = next_token_shares(scores, [], sampling)
    best = int(np.argmax(scores))
    assert [bool(one) for one in result > 0] == [
        (keep or (place == best and cut != "typical")) and np.isfinite(scores[place])
        for place, keep in enumerate(expected)
    ]
