"""Work that computes in a thread, seen from the event loop as events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

EventT = TypeVar("EventT")


async def events_of(
    work: Callable[[Callable[[EventT], None], Callable[[], bool]], None],
) -> AsyncGenerator[EventT, None]:
    """What `work(tell, should_stop)` tells in a thread of its own; what it raises is raised at the end.

    When the generator is closed or cancelled, `should_stop` answers true from then on, and nobody waits for the thread:
    it ends at its next question.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[EventT | _End] = asyncio.Queue()  # bounded by what one job makes
    stopped = threading.Event()

    def tell(event: EventT | _End) -> None:
        # A loop that has ended hears nothing any more: the thread goes on to its next question, and stops there.
        if not loop.is_closed():
            loop.call_soon_threadsafe(told.put_nowait, event)

    def run() -> None:
        try:
            work(tell, stopped.is_set)
        finally:
            tell(_END)

    working = asyncio.ensure_future(asyncio.to_thread(run))
    working.add_done_callback(_look_at_its_end)
    try:
        while not isinstance(event := await told.get(), _End):
            yield event
        await working
    finally:
        stopped.set()


class _End:
    """Behind the last event."""


_END = _End()


def _look_at_its_end(working: asyncio.Future[None]) -> None:
    """A failure that came after everybody had left is nobody's concern, and no warning either."""
    if not working.cancelled():
        working.exception()
