"""Time that passes when a test says so."""

from __future__ import annotations


class Naps:
    """Stands in for waiting: notes the seconds and moves a clock."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.now = 0.0

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now
