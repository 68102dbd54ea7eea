"""What a process of workers does and has done: all that any view shows. Plain data, changed on the event loop only."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from horde_worker.tally import utc_today

HOUR_S: Final = 3600.0
EXTRAPOLATED_AFTER_S: Final = 300.0
"""A rate from less than that is chance."""
RECENT: Final = 50
MESSAGES: Final = 20
LOG_LINES: Final = 200
PICTURES: Final = 8


@dataclass(slots=True)
class Running:
    """A job in the making."""

    kind: str
    model: str
    results: int
    fields: Mapping[str, Any]
    since: float  # of the state's clock
    step: int = 0
    steps: int = 0
    place: int = 0
    characters: int = 0  # of a text, so far

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        if not self.steps:
            return 0.0
        return min((self.place + min(self.step / self.steps, 1.0)) / max(self.results, 1), 1.0)


@dataclass(frozen=True, slots=True)
class Done:
    """A result that the horde took."""

    at: float
    kind: str
    model: str
    fields: Mapping[str, Any]
    seconds: float
    kudos: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """Results that could not be delivered, and why."""

    at: float
    kind: str
    results: int
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a horde or its owner told the worker."""

    text: str
    origin: str
    until: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A small copy of a picture that was made."""

    number: int
    webp: bytes


@dataclass(slots=True)
class WorkerState:
    """Everything. `clock` is monotonic."""

    clock: Callable[[], float] = time.monotonic
    today: Callable[[], dt.date] = utc_today
    name: str = ""
    horde: str = ""
    backends: tuple[str, ...] = ()
    started: float = field(init=False)
    running: dict[str, Running] = field(default_factory=dict)  # by the first id
    done: deque[Done] = field(default_factory=lambda: deque(maxlen=RECENT))
    dropped: deque[Dropped] = field(default_factory=lambda: deque(maxlen=RECENT))
    messages: deque[Notice] = field(default_factory=lambda: deque(maxlen=MESSAGES))
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    pictures: deque[Picture] = field(default_factory=lambda: deque(maxlen=PICTURES))
    skipped: dict[str, int] = field(default_factory=dict)
    wanted_models: dict[str, int] = field(default_factory=dict)
    results: Counter[str] = field(default_factory=Counter)  # by kind
    kudos: Counter[str] = field(default_factory=Counter)
    drops: Counter[str] = field(default_factory=Counter)
    kudos_today: float = 0.0  # of the UTC day, by all workers of the process
    trouble: str = ""  # why there is no work just now; empty: nothing is wrong
    trouble_kind: str = ""  # unreachable, maintenance, paused, refused, backend
    last_result_at: float | None = None
    is_leaving: bool = False
    _earned: deque[tuple[float, float]] = field(default_factory=deque)
    _day: dt.date = field(init=False)
    _lost: deque[tuple[float, int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.started = self.clock()
        self._day = self.today()

    def delivered(self, one: Done) -> None:
        """The horde took a result."""
        self.done.appendleft(one)
        self.results[one.kind] += 1
        self.kudos[one.kind] += one.kudos  # type: ignore[assignment]
        self.last_result_at = one.at
        if (day := self.today()) != self._day:
            self._day, self.kudos_today = day, 0.0
        self.kudos_today = round(self.kudos_today + one.kudos, 2)
        self._earned.append((one.at, one.kudos))
        self._forget()

    def failed(self, one: Dropped) -> None:
        """Results could not be made or delivered."""
        self.dropped.appendleft(one)
        self.drops[one.kind] += one.results
        self._lost.append((one.at, one.results))
        self._forget()

    @property
    def total_results(self) -> int:
        """Results delivered since the start."""
        return sum(self.results.values())

    @property
    def total_kudos(self) -> float:
        """Kudos for them."""
        return round(sum(self.kudos.values()), 2)

    @property
    def running_s(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started

    def kudos_per_hour(self) -> float | None:
        """Of the whole session; None while that would be chance."""
        return self.total_kudos * HOUR_S / self.running_s if self.running_s >= EXTRAPOLATED_AFTER_S else None

    def kudos_of_last_hour(self) -> float | None:
        """Of the last hour; of a shorter session as if it went on like this, None while that would be chance."""
        self._forget()
        earned = sum(kudos for _, kudos in self._earned)
        if self.running_s >= HOUR_S:
            return earned
        return self.kudos_per_hour()

    def drops_of_last_hour(self) -> int:
        """Results that were dropped in the last hour: hordes put workers into maintenance that drop too many."""
        self._forget()
        return sum(count for _, count in self._lost)

    def speed(self, kind: str) -> str:
        """How fast results of a kind were made lately, in words."""
        lately = [one for one in self.done if one.kind == kind][:10]
        if not lately:
            return ""
        seconds = sum(one.seconds for one in lately) / len(lately)
        return f"{seconds:.1f} s a result"

    def _forget(self) -> None:
        limit = self.clock() - HOUR_S
        for kept in (self._earned, self._lost):
            while kept and kept[0][0] < limit:
                kept.popleft()
