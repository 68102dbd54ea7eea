"""The memory that bodies on their way may take together, and whose body is given up when they take more."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from horde_server.errors import HordeError


class BodiesInFlight(HordeError):
    """Too many large request bodies are on their way at once, and yours is among the largest: send it again later."""

    status, rc = 503, None

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = "5"


class Held(Protocol):
    """A body of which something is held in memory."""

    household: str
    held_bytes: int

    @property
    def is_arriving(self) -> bool:
        """Whether it waits for more, so that it can be given up."""

    def give_up(self) -> None:
        """Forget it and refuse the request."""


class BodyBudget:
    """Counts what has been received of each body until its request is answered. Costs small bodies nothing."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held: set[Held] = set()
        self._of_household: Counter[str] = Counter()
        self.total_bytes = 0

    def add(self, body: Held, size_bytes: int) -> None:
        """Count a piece that `body` received. Raises `BodiesInFlight` when it is the one to be given up.

        O(bodies) when the budget is used up, else O(1).
        """
        self._held.add(body)
        body.held_bytes += size_bytes
        self._of_household[body.household] += size_bytes
        self.total_bytes += size_bytes
        while self.total_bytes > self._most_bytes:
            largest = max(
                (one for one in self._held if one is body or one.is_arriving),
                key=lambda one: (self._of_household[one.household], one.held_bytes),
            )
            self.release(largest)
            if largest is body:
                raise BodiesInFlight
            largest.give_up()

    def release(self, body: Held) -> None:
        """Nothing of it is held any more."""
        if body not in self._held:
            return
        self._held.remove(body)
        self.total_bytes -= body.held_bytes
        self._of_household[body.household] -= body.held_bytes
        if not self._of_household[body.household]:
            del self._of_household[body.household]
        body.held_bytes = 0
