"""Where pictures from strangers are decoded: few threads, a limit of pixels at a time, and turns among who waits."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol, TypeVar

from horde_server.errors import HordeError

T = TypeVar("T")

DECODERS = 2
PIXELS_AT_A_TIME = 12_000_000
"""At most 25 bytes each (`images`): 290 MiB. Enough for the largest source, 3072×3072, and one of 1600×1600 beside."""
MOST_WAITING = 256
MOST_WAITING_EACH = 32
"""Of one requester; accounts have at most 30 images waiting."""
MOST_WAIT_S = 10.0
RETRY_AFTER_S = 3


class TooManyPictures(HordeError):
    """Too many pictures wait to be read: please try again in a few seconds, and send fewer at a time."""

    status, rc = 503, None

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = str(RETRY_AFTER_S)


class FairTurns:
    """Some places, and turns among the requesters who wait for one. Belongs to the event loop.

    Whoever has one picture waiting comes after at most one of each other's, however many those have.
    """

    def __init__(
        self,
        places: int,
        *,
        most_waiting: int = MOST_WAITING,
        most_waiting_each: int = MOST_WAITING_EACH,
        most_wait_s: float = MOST_WAIT_S,
    ) -> None:
        self._free = places
        self._most_wait_s = most_wait_s
        self._most_waiting = most_waiting
        self._most_waiting_each = most_waiting_each
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def turn(self, requester: Hashable) -> AsyncIterator[None]:
        """A place for a block. Raises `TooManyPictures` where too many wait, or where it takes too long."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(requester)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, requester: Hashable) -> None:
        mine = self._waiting.get(requester, ())
        if self._count >= self._most_waiting or len(mine) >= self._most_waiting_each:
            raise TooManyPictures
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(requester, deque()).append(place)
        self._count += 1
        try:
            async with asyncio.timeout(self._most_wait_s):
                await place
        except (TimeoutError, asyncio.CancelledError) as end:
            if place.cancelled():
                self._forget(requester, place)
            else:  # it was given away to us at this very moment
                self._leave()
            if isinstance(end, TimeoutError):
                raise TooManyPictures from None
            raise

    def _forget(self, requester: Hashable, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(requester, deque())
        if place in places:
            places.remove(place)
            self._count -= 1
            if not places:
                del self._waiting[requester]

    def _leave(self) -> None:
        """Give the place to whose turn it is. O(1), and as much for each who went away at this very moment."""
        while self._waiting:
            requester, places = self._waiting.popitem(last=False)
            place = places.popleft()
            self._count -= 1
            if places:
                self._waiting[requester] = places  # behind all others
            if not place.cancelled():
                place.set_result(None)
                return
        self._free += 1


class PixelRoom(Protocol):
    """How much may be decoded at a time."""

    @contextmanager
    def held(self, pixels: int) -> Iterator[None]:
        """Wait until there is room, and keep it for a block."""


class _Unbounded:
    @contextmanager
    def held(self, pixels: int) -> Iterator[None]:
        yield


UNBOUNDED: PixelRoom = _Unbounded()
"""For what is small, and for tests."""


class BoundedRoom:
    """A `PixelRoom` for threads. What is larger than the whole room has it alone."""

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._held = 0
        self._change = threading.Condition()

    @contextmanager
    def held(self, pixels: int) -> Iterator[None]:
        """See `PixelRoom`."""
        wanted = min(pixels, self._pixels)
        with self._change:
            self._change.wait_for(lambda: self._held + wanted <= self._pixels)
            self._held += wanted
        try:
            yield
        finally:
            with self._change:
                self._held -= wanted
                self._change.notify_all()


class Decoders:
    """The threads of a node for pictures, those that come in and those that workers bring."""

    def __init__(self) -> None:
        self._turns = FairTurns(DECODERS)
        self._threads = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self._room = BoundedRoom(PIXELS_AT_A_TIME)

    async def run(self, requester: Hashable, work: Callable[[PixelRoom], T]) -> T:
        """What `work` gives, which holds the room it takes. Raises `TooManyPictures`, and what `work` does."""
        async with self._turns.turn(requester):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, self._room)
