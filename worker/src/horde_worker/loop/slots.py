"""How many jobs are made at a time; some want to be alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Slots:
    """As many as the maker has at the moment: it may get more or fewer while it runs. For one taker."""

    def __init__(self, how_many: Callable[[], int]) -> None:
        self._how_many = how_many
        self._most: int | None = None
        self._is_one_alone = False
        self._freed = asyncio.Event()
        self.running = 0

    @property
    def total(self) -> int:
        """Slots there are."""
        able = max(self._how_many(), 1)
        return able if self._most is None else min(able, self._most)

    def narrow(self) -> bool:
        """Half as many from now on, as jobs take too long beside each other; whether there were more than one."""
        if self.total <= 1:
            return False
        self._most = self.total // 2
        return True

    async def until_free(self) -> None:
        """Wait until another job may begin."""
        while self._is_one_alone or self.running >= self.total:
            await self._change()

    async def until_all_free(self) -> None:
        """Wait until nothing runs."""
        while self.running:
            await self._change()

    def take(self, *, alone: bool = False) -> None:
        """A job begins."""
        self.running += 1
        self._is_one_alone = alone

    def give(self) -> None:
        """A job is over."""
        self.running -= 1
        self._is_one_alone = False
        self._freed.set()

    async def _change(self) -> None:
        self._freed.clear()
        await self._freed.wait()
