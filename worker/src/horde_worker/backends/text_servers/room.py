"""The slots of a server, shared by all texts that are asked of it, whichever jobs they are of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Room:
    """To be entered for the time of a text. How many fit may change meanwhile."""

    def __init__(self, size: Callable[[], int]) -> None:
        self._size = size
        self._has_left = asyncio.Event()
        self.inside = 0

    async def __aenter__(self) -> Self:
        while self.inside >= max(self._size(), 1):
            self._has_left.clear()
            await self._has_left.wait()
        self.inside += 1
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.inside -= 1
        self._has_left.set()
