"""How long requests really took, by how long it was estimated: what honest estimates are made of, and held against.

The live queue's plain estimate knows the work ahead and the workers' speeds, and nothing of what comes between: polls,
uploads, workers that go, requests that overtake. So what became of past estimates is counted, by kind and by how long
they were, as the ratio of the real wait to the plain estimate; quantiles of these ratios make the next ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import erf, inf, isinf, log2, sqrt
from typing import Final, NamedTuple

WAIT_CLASSES_S: Final = (5.0, 20.0, 60.0, 300.0, 1200.0, 3600.0)
"""Plain estimates of about a length are counted together; the last class is longer than all of these."""
LEAST_WAIT_S: Final = 1.0
BUCKETS_AN_OCTAVE: Final = 4
OCTAVES: Final = 6
NEVER: Final = 2 * OCTAVES * BUCKETS_AN_OCTAVE
"""The last bucket: it expired, or failed; or took longer than 2^`OCTAVES` times the estimate."""
_BUCKETS: Final = NEVER + 1
_PRIOR_REQUESTS: Final = 10.0
_PRIOR_SIGMA_OCTAVES: Final = log2(2.5) / 1.2816
"""Before anything is known: right in the middle, and within 2.5 times the estimate for nine of ten."""


def wait_class(wait_s: float) -> int:
    """The class of a plain estimate."""
    return bisect_right(WAIT_CLASSES_S, wait_s)


def ratio_bucket(ratio: float) -> int:
    """The bucket of a real wait by its plain estimate."""
    place = int((log2(max(ratio, 2.0**-OCTAVES)) + OCTAVES) * BUCKETS_AN_OCTAVE)
    return min(place, NEVER)


def _prior() -> tuple[float, ...]:
    """A few pretended outcomes, normally distributed on the scale of the buckets."""

    def below(bucket: int) -> float:
        octaves = bucket / BUCKETS_AN_OCTAVE - OCTAVES
        return (1 + erf(octaves / _PRIOR_SIGMA_OCTAVES / sqrt(2))) / 2

    return (*(_PRIOR_REQUESTS * (below(bucket + 1) - below(bucket)) for bucket in range(NEVER)), 0.0)


_PRIOR: Final = _prior()


class Outcome(NamedTuple):
    """What became of one estimate, or of many that are counted together."""

    kind: str
    wait: int
    ratio: int
    requests: int
    within_p50: int
    within_p90: int
    off_octaves: float


class Accuracy(NamedTuple):
    """How well it was foretold when requests of a kind would be done."""

    requests: int
    within_p50: int  # of them
    within_p90: int
    off_octaves: float

    @property
    def typical_factor(self) -> float | None:
        """By how much the middle estimate was off, on (geometric) average: 1.5 is a half more, or a third less."""
        return 2 ** (self.off_octaves / self.requests) if self.requests else None


@dataclass(slots=True)
class _Counted:
    """Outcomes of a kind with one class of plain estimates."""

    by_ratio: list[float] = field(default_factory=lambda: list(_PRIOR))
    factors: tuple[float, float] | None = None  # of p50 and p90, until something is counted


class Outcomes:
    """Outcomes of the last days, in memory: those of all nodes, and this one's latest that no other knows yet."""

    def __init__(self) -> None:
        self._counted: dict[tuple[str, int], _Counted] = {}
        self._accuracy: dict[str, Accuracy] = {}
        self._unsaved: dict[tuple[str, int, int], Outcome] = {}

    def factors(self, kind: str, wait_s: float) -> tuple[float, float]:
        """What a plain estimate is multiplied with so that half, and nine of ten, are done by then."""
        counted = self._counted.setdefault((kind, wait_class(wait_s)), _Counted())
        if counted.factors is None:
            counted.factors = _quantile(counted.by_ratio, 0.5), _quantile(counted.by_ratio, 0.9)
        return counted.factors

    def accuracy(self, kind: str) -> Accuracy:
        """Of the last days."""
        return self._accuracy.get(kind, Accuracy(0, 0, 0, 0.0))

    def note(self, outcome: Outcome) -> None:
        """Count what became of an estimate of this node."""
        key = outcome[:3]
        known = self._unsaved.get(key)
        self._unsaved[key] = outcome if known is None else _sum(known, outcome)
        self._count(outcome)

    def take_unsaved(self) -> list[Outcome]:
        """What is to be stored; whoever takes it stores it, or gives it back."""
        taken, self._unsaved = list(self._unsaved.values()), {}
        return taken

    def give_back(self, outcomes: Iterable[Outcome]) -> None:
        """They could not be stored."""
        for outcome in outcomes:
            known = self._unsaved.get(outcome[:3])
            self._unsaved[outcome[:3]] = outcome if known is None else _sum(known, outcome)

    def replace(self, stored: Iterable[Outcome]) -> None:
        """Take over what all nodes have stored, beside what this one has not."""
        self._counted, self._accuracy = {}, {}
        for outcome in (*stored, *self._unsaved.values()):
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        counted = self._counted.setdefault((outcome.kind, outcome.wait), _Counted())
        counted.by_ratio[min(max(outcome.ratio, 0), NEVER)] += outcome.requests
        counted.factors = None
        before = self.accuracy(outcome.kind)
        self._accuracy[outcome.kind] = Accuracy(
            before.requests + outcome.requests,
            before.within_p50 + outcome.within_p50,
            before.within_p90 + outcome.within_p90,
            before.off_octaves + outcome.off_octaves,
        )


def outcome_of(kind: str, wait_s: float, p50_s: float, p90_s: float, real_s: float | None) -> Outcome:
    """What became of one estimate. `real_s`: when it was done; None: never."""
    plain = max(wait_s, LEAST_WAIT_S)
    if real_s is None:
        return Outcome(kind, wait_class(wait_s), NEVER, 1, 0, 0, float(OCTAVES))
    octaves = OCTAVES if isinf(p50_s) else abs(log2(max(real_s, LEAST_WAIT_S) / max(p50_s, LEAST_WAIT_S)))
    off = float(min(octaves, OCTAVES))  # the column takes no mixture of numbers
    within_p50, within_p90 = int(real_s <= p50_s), int(real_s <= p90_s)
    return Outcome(kind, wait_class(wait_s), ratio_bucket(real_s / plain), 1, within_p50, within_p90, off)


def _sum(one: Outcome, other: Outcome) -> Outcome:
    return one._replace(
        requests=one.requests + other.requests,
        within_p50=one.within_p50 + other.within_p50,
        within_p90=one.within_p90 + other.within_p90,
        off_octaves=one.off_octaves + other.off_octaves,
    )


def _quantile(by_ratio: Sequence[float], share: float) -> float:
    """The ratio below which such a share of the outcomes lies; between the edges of a bucket in proportion.

    Infinite, where so many are never done that it lies among these.
    """
    wanted = share * sum(by_ratio)
    for bucket, amount in enumerate(by_ratio[:NEVER]):
        if wanted <= amount:
            within = wanted / amount if amount else 0.0
            return float(2 ** ((bucket + within) / BUCKETS_AN_OCTAVE - OCTAVES))
        wanted -= amount
    return inf
