"""The results among a backend's events, as many as the job has ids."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from horde_worker.backends.events import BackendFailure, Delta, Piece, Preview, Progress, Watched
from horde_worker.kinds.interface import Watch

ResultT = TypeVar("ResultT")


async def results_of(
    events: AsyncGenerator[Watched | ResultT, None], of: type[ResultT], count: int, watch: Watch, called: str
) -> AsyncGenerator[ResultT, None]:
    """Each result once the next one is there, or no more is: a backend that makes too many is not to be trusted.

    `called` is what the results are, in the plural. Raises `BackendFailure` for too many, too few, or another thing.
    """
    held: ResultT | None = None
    found = 0
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Progress | Preview | Piece | Delta):
                await watch(event)
                continue
            if not isinstance(event, of):
                raise BackendFailure(f"a {type(event).__name__} among the {called}")
            found += 1
            if found > count:
                break
            if held is not None:
                yield held
            held = event
    if found != count:
        raise BackendFailure(f"{found} {called} for {count} jobs")
    if held is not None:
        yield held
