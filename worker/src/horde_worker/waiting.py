"""Waits that a stop cuts short."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

_T = TypeVar("_T")

LATE_ANSWER_LIMIT_S = 0.5
"""How long an answer is waited for that was under way when the stop came: it may bring a job that nobody else has."""

CLEAN_UP_LIMIT_S = 0.25
"""How long a cancelled call may take to close its connection."""


async def unless_stopped(
    stop: asyncio.Event, work: Awaitable[_T], *, limit_s: float | None = None, grace_s: float = 0.0
) -> _T | None:
    """The result of work; None, and the work is cancelled, when the stop comes before, or after the limit.

    `grace_s` is how much longer than the stop it may take.
    """
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopping), timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if grace_s and stopping.done() and not working.done():
            await asyncio.wait((working,), timeout=grace_s)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        if working.cancel():
            await asyncio.wait((working,), timeout=CLEAN_UP_LIMIT_S)
