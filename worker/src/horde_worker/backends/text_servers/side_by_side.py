"""Several texts at a time: their pieces as they come, their results in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from horde_worker.backends.text import TextEvent, TextResult


async def side_by_side(
    writers: Sequence[Callable[[], AsyncGenerator[TextEvent, None]]],
) -> AsyncGenerator[TextEvent, None]:
    """The events of all, as each of them is let in. A result waits for those of the texts before it.

    What one raises is raised when its turn comes, so that it takes no text before it along. When this is closed, all
    are.
    """
    told: asyncio.Queue[tuple[int, TextEvent | BaseException | None]] = asyncio.Queue(maxsize=256)

    async def write(place: int) -> None:
        try:
            async with aclosing(writers[place]()) as events:
                async for event in events:
                    await told.put((place, event))
        except Exception as error:  # noqa: BLE001 - raised again in its turn
            await told.put((place, error))
        else:
            await told.put((place, None))

    tasks = [asyncio.create_task(write(place)) for place in range(len(writers))]
    held: dict[int, list[TextResult | BaseException | None]] = {place: [] for place in range(len(writers))}
    turn = 0
    try:
        while turn < len(writers):
            place, event = await told.get()
            if isinstance(event, TextResult | BaseException | None):
                held[place].append(event)
            else:
                yield event
            while turn < len(writers) and held[turn]:
                due = held[turn].pop(0)
                if isinstance(due, BaseException):
                    raise due
                if due is None:
                    turn += 1
                else:
                    yield due
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
