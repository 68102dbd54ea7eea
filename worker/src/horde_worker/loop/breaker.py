"""What keeps a broken machine from spoiling one request after the other."""

from __future__ import annotations

from typing import Final

FAILURES_BEFORE_PAUSE: Final = 3
FAILURE_PAUSE_S: Final = 180.0


class CircuitBreaker:
    """Counts failures without a success between them."""

    def __init__(self, most: int = FAILURES_BEFORE_PAUSE) -> None:
        self._most = most
        self._failures = 0

    @property
    def is_open(self) -> bool:
        """Whether there were too many."""
        return self._failures >= self._most

    @property
    def has_failed(self) -> bool:
        """Whether the last one was a failure."""
        return self._failures > 0

    def failed(self) -> None:
        """One more."""
        self._failures += 1

    def trip(self) -> None:
        """As if there were too many: a test has failed."""
        self._failures = self._most

    def succeeded(self) -> None:
        """All is forgiven."""
        self._failures = 0
