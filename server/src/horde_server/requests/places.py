"""How many answers of one client are held open at a time: those that wait for news, and those that tell it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    """So many for each household; any number for nobody in particular ("")."""

    def __init__(self, of_household: int) -> None:
        self._of_household = of_household
        self._taken: dict[str, int] = {}

    @contextmanager
    def one(self, household: str) -> Iterator[bool]:
        """Whether there is a place; it is taken as long as the block lasts."""
        if not household:
            yield True
            return
        if self._taken.get(household, 0) >= self._of_household:
            yield False
            return
        self._taken[household] = self._taken.get(household, 0) + 1
        try:
            yield True
        finally:
            self._taken[household] -= 1
            if not self._taken[household]:
                del self._taken[household]
