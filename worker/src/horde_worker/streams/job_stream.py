"""What is told of one hand-out while it is made, and whether anybody still waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from horde_worker.backends.events import Watched
from horde_worker.horde_api import HordeApi
from horde_worker.steady_clock import Deadline
from horde_worker.stream_wish import StreamWish
from horde_worker.streams.outbox import Outbox
from horde_worker.streams.sender import Ears, Sender

CALLS_A_SECOND: Final = 15.0
"""Of all jobs of a worker together: hordes take twenty."""
ENDING_LIMIT_S: Final = 2.0


class OpenStreams:
    """How many jobs of a worker are told of just now: they share the calls that it may make."""

    def __init__(self) -> None:
        self.count = 0

    def least_interval_s(self) -> float:
        """Between two calls for one job."""
        return self.count / CALLS_A_SECOND


class JobStream:
    """To be entered for the time in which a job is made. Each of its ids is told of by itself, and has an outbox."""

    def __init__(
        self,
        api: HordeApi,
        ids: Sequence[str],
        outboxes: Sequence[Outbox],
        wish: StreamWish,
        deadline: Deadline,
        streams: OpenStreams,
    ) -> None:
        """`deadline` is put off by what the horde takes."""
        self._streams = streams
        self._running = set(range(len(ids)))
        self._tasks: list[asyncio.Task[None]] = []
        self.called_off: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done as soon as nobody waits for any of the results that are still to be made."""

        def ears(place: int) -> Ears:
            return Ears(deadline.prolong, lambda: self._is_called_off(place))

        self._senders = [
            Sender(api.send_pieces, job_id, outbox, wish, ears(place), least_interval_s=streams.least_interval_s)
            for place, (job_id, outbox) in enumerate(zip(ids, outboxes, strict=True))
        ]

    async def __aenter__(self) -> Self:
        self._streams.count += len(self._senders)
        self._tasks = [sender.started() for sender in self._senders]
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """What is under way may arrive, for a moment."""
        self._streams.count -= len(self._senders)
        self.called_off.cancel()
        for sender in self._senders:
            sender.end()
        try:
            await asyncio.wait(self._tasks, timeout=ENDING_LIMIT_S)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def has_told(self) -> bool:
        """Whether the horde knows some of a text, so that another one would not do."""
        return any(sender.has_told for sender in self._senders)

    def tell(self, event: Watched) -> None:
        """Take what the backend tells."""
        if 0 <= event.place < len(self._senders):
            self._senders[event.place].tell(event)

    async def flush(self, place: int) -> None:
        """Before a result is handed in: send what only its pieces say, as how an answer came about."""
        await self._senders[place].flush()

    def over(self, place: int) -> None:
        """The result at a place was delivered, or given back."""
        self._senders[place].end()
        self._running.discard(place)

    def so_far(self, place: int) -> str:
        """As much of a text as is settled; of pictures nothing."""
        return self._senders[place].so_far

    def _is_called_off(self, place: int) -> None:
        self._running.discard(place)
        if not self._running and not self.called_off.done():
            self.called_off.set_result(None)
