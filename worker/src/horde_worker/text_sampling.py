"""Every text sampler of the horde, applied to one vector of scores (requests.md §8.3).

The steps run in `sampler_order` (0 top_k, 1 top_a and min_p, 2 top_p, 3 tfs, 4 typical, 5 temperature with dynamic
temperature and smoothing, 6 repetition penalty). A step either changes scores or rules tokens out (a score of minus
infinity); it never rules out all of them, and with its neutral value it changes nothing. Any backend can use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from horde_worker.sampler_settings import DEFAULT_ORDER, NEUTRAL, TextSampling

__all__ = ["DEFAULT_ORDER", "NEUTRAL", "TextSampling", "next_token_shares", "shares_of"]

Scores: TypeAlias = NDArray[np.float64]

COLDEST: Final = 1e-3
"""A lower temperature means: the best token, always."""
FLATTEST: Final = 0.01
"""A slope below this is a step already; still lower ones would only be lost in rounding."""


def next_token_shares(
    scores: NDArray[np.floating], read_so_far: Sequence[int], sampling: TextSampling, *, banned: Sequence[int] = ()
) -> Scores:
    """The probability of every token to be drawn next: not negative, one in sum. Total for any finite scores.

    `read_so_far` are the tokens of prompt and text, oldest first; the repetition penalty looks at them. Cost: a few
    sorts of the vocabulary.
    """
    left: Scores = np.asarray(scores, dtype=np.float64).copy()
    if len(banned) < len(left):
        left[list(banned)] = -np.inf
    for number in _complete(sampling.sampler_order):
        left = _STEPS[number](left, read_so_far, sampling)
    return shares_of(left)


def shares_of(scores: Scores) -> Scores:
    """Softmax; what is ruled out has no share."""
    raised: Scores = np.exp(scores - scores.max())
    shares: Scores = raised / raised.sum()
    return shares


def _complete(order: Sequence[int]) -> list[int]:
    """The order asked for, each step once; what it leaves out runs afterwards, in the usual order."""
    return [number for number in dict.fromkeys((*order, *DEFAULT_ORDER)) if number in _STEPS]


def _keep(scores: Scores, kept: NDArray[np.bool_]) -> Scores:
    """Rule out the others, but never the best."""
    kept = kept.copy()
    kept[np.argmax(scores)] = True
    return np.where(kept, scores, -np.inf)


def _top_k(scores: Scores, _read: Sequence[int], sampling: TextSampling) -> Scores:
    """The k best."""
    if not 0 < sampling.top_k < len(scores):
        return scores
    last = np.partition(scores, len(scores) - sampling.top_k)[len(scores) - sampling.top_k]
    kept = scores > last
    kept[np.flatnonzero(scores == last)[: sampling.top_k - np.count_nonzero(kept)]] = True  # of equals the first
    return _keep(scores, kept)


def _top_a_and_min_p(scores: Scores, _read: Sequence[int], sampling: TextSampling) -> Scores:
    """Both cut relative to the best share: at `top_a` times its square, and at `min_p` times itself."""
    if sampling.top_a <= 0 and sampling.min_p <= 0:
        return scores
    shares = shares_of(scores)
    best = shares.max()
    return _keep(scores, shares >= max(sampling.top_a * best**2, sampling.min_p * best))


def _top_p(scores: Scores, _read: Sequence[int], sampling: TextSampling) -> Scores:
    """The fewest of the best whose shares reach `top_p` together."""
    if sampling.top_p >= 1:
        return scores
    shares = shares_of(scores)
    # Those below have less than half of what may be missing, all together: only the others need be sorted.
    likely = np.flatnonzero(shares >= (1 - sampling.top_p) / (2 * len(shares)))
    return _keep(scores, _until_reached(_best_first(shares, likely), shares, sampling.top_p))


def _tail_free(scores: Scores, _read: Sequence[int], sampling: TextSampling) -> Scores:
    """Cut where the curve of sorted shares has done `tfs` of all its bending: what follows is the flat tail."""
    if sampling.tfs >= 1 or len(scores) < 3:
        return scores
    shares = shares_of(scores)
    # Of those without a share the first two are in the curve: behind them it is straight.
    order = np.concatenate((_best_first(shares, np.flatnonzero(shares > 0)), np.flatnonzero(shares <= 0)[:2]))
    bends = np.abs(np.diff(shares[order], n=2))
    if bends.sum() <= 0:
        return scores
    before = np.concatenate(([0.0], np.cumsum(bends / bends.sum())))
    kept = np.zeros(len(scores), dtype=bool)
    kept[order[: len(before)][before < max(sampling.tfs, 1e-9)]] = True
    return _keep(scores, kept)


def _typical(scores: Scores, _read: Sequence[int], sampling: TextSampling) -> Scores:
    """Those whose surprise is nearest to the expected surprise, until their shares reach `typical`."""
    if sampling.typical >= 1:
        return scores
    shares = shares_of(scores)
    possible = np.flatnonzero(shares > 0)
    surprise = -np.log(shares[possible])
    expected = float((shares[possible] * surprise).sum())
    order = possible[np.argsort(np.abs(surprise - expected), kind="stable")]
    kept = _until_reached(order, shares, sampling.typical)
    return np.where(kept, scores, -np.inf)


def _best_first(shares: Scores, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Places by falling share; equal ones in their order."""
    sorted_places: NDArray[np.intp] = places[np.argsort(-shares[places], kind="stable")]
    return sorted_places


def _until_reached(order: NDArray[np.intp], shares: Scores, wanted: float) -> NDArray[np.bool_]:
    """The first of an order that reach a sum of shares; at least one."""
    before = np.cumsum(shares[order]) - shares[order]
    kept = np.zeros(len(shares), dtype=bool)
    kept[order[before < wanted]] = True
    kept[order[0]] = True
    return kept


def _temperature(scores: Scores, _read: Sequence[int], sampling: TextSampling) -> Scores:
    """Divide by the temperature (0: only the best is left), then bend into a parabola by the smoothing factor."""
    heat = _heat(scores, sampling)
    if heat < COLDEST:
        return np.where(scores == scores.max(), scores, -np.inf)
    heated: Scores = scores / heat
    if sampling.smoothing_factor > 0:
        best = heated.max()
        heated = best - sampling.smoothing_factor * (best - heated) ** 2
    return heated


def _heat(scores: Scores, sampling: TextSampling) -> float:
    """The temperature; a dynamic one lies in its range by how undecided the shares are (entropy)."""
    spread = sampling.dynatemp_range
    if spread <= 0:
        return sampling.temperature
    shares = shares_of(scores)
    possible = shares[shares > 0]
    most = np.log(len(possible))
    undecided = float(-(possible * np.log(possible)).sum() / most) if most > 0 else 0.0
    low, high = max(0.0, sampling.temperature - spread), sampling.temperature + spread
    return float(low + (high - low) * min(max(undecided, 0.0), 1.0) ** sampling.dynatemp_exponent)


def _repetition(scores: Scores, read: Sequence[int], sampling: TextSampling) -> Scores:
    """Make what was read lately less likely (scores above 0 are divided, those below multiplied)."""
    reach = len(read) if sampling.rep_pen_range is None else min(sampling.rep_pen_range, len(read))
    if sampling.rep_pen <= 1 or reach == 0:
        return scores
    penalties = np.ones(len(scores))
    strengths = _slope(reach, sampling.rep_pen_slope)
    np.maximum.at(penalties, list(read[len(read) - reach :]), 1 + (sampling.rep_pen - 1) * strengths)
    lowered: Scores = np.where(scores > 0, scores / penalties, scores * penalties)
    return lowered


def _slope(reach: int, slope: float) -> Scores:
    """How much of the penalty each of the last tokens gets, oldest first: all of it, or an S-curve from 0 to 1."""
    if slope <= 0 or reach < 2:
        return np.ones(reach)
    slope = max(slope, FLATTEST)
    along = np.linspace(-1.0, 1.0, reach)
    curve = slope * along / (1 + np.abs(along) * (slope - 1))
    strengths: Scores = (curve + 1) / 2
    return strengths


_Step: TypeAlias = Callable[[Scores, Sequence[int], TextSampling], Scores]
_STEPS: Final[dict[int, _Step]] = {
    0: _top_k,
    1: _top_a_and_min_p,
    2: _top_p,
    3: _tail_free,
    4: _typical,
    5: _temperature,
    6: _repetition,
}
