"""What a worker earned: since it started, and today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass


def utc_today() -> dt.date:
    """The day, as in the log's times."""
    return dt.datetime.now(dt.UTC).date()


@dataclass(slots=True)
class Earned:
    """Results delivered, and the kudos for them."""

    results: int = 0
    kudos: float = 0.0

    def add(self, kudos: float) -> None:
        """One more."""
        self.results += 1
        self.kudos = round(self.kudos + kudos, 2)


class Tally:
    """Counts deliveries. A day that is over is told once, with the first one of another day."""

    def __init__(self, today: Callable[[], dt.date] = utc_today) -> None:
        self._today = today
        self._day = today()
        self.session = Earned()
        self.day = Earned()

    def add(self, kudos: float) -> tuple[dt.date, Earned] | None:
        """Count a delivery; the day that is over by now, where there is one with deliveries."""
        over = self.turn()
        self.session.add(kudos)
        self.day.add(kudos)
        return over

    def turn(self) -> tuple[dt.date, Earned] | None:
        """Begin a new day where it is one; the day that is over, where there is one with deliveries."""
        today = self._today()
        if today == self._day:
            return None
        over = self._day, self.day
        self._day, self.day = today, Earned()
        return over if over[1].results else None
