"""Whether the database answers, asked again and again on a connection of its own.

A statement that waits for a stopped or vanished server has no end of its own, and a time limit for each would cost
each. So one probe a second stands for all: when it stays without an answer, or is refused, the pool is told, and nobody
waits any more; the first answer brings everything back.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from typing import Any

import structlog

from horde_server.database.pool import PatientConnection, Pool, connect

log = structlog.get_logger(__name__)

PROBE_INTERVAL_S = 1.0
_RETRY_INTERVAL_S = 0.2  # while it is away
_TURN_S = 0.25
SILENT = "it does not answer"


class DatabaseWatch:
    """Tells `pool` when its database goes and comes back. `run()` does the work."""

    def __init__(self, pool: Pool, *, silence_s: float, interval_s: float = PROBE_INTERVAL_S) -> None:
        """It is away when it gave no answer for `silence_s` seconds."""
        self._pool = pool
        self._turns = math.ceil(silence_s / _TURN_S)
        self._interval_s = interval_s
        self._conn: PatientConnection | None = None
        self._away_since_s: float | None = None

    async def run(self) -> None:
        """Probe until cancelled."""
        try:
            while True:
                try:
                    is_there = await self._look()
                except Exception:  # a mistake of ours or of a library: loud, but requests are still served
                    log.exception("database.watch_failed")
                    is_there = True
                await asyncio.sleep(self._interval_s if is_there else _RETRY_INTERVAL_S)
        finally:
            await self._hang_up()

    async def _look(self) -> bool:
        """Whether the database is there; the pool knows it then."""
        reason = await self._what_is_wrong()
        if reason is None:
            self._tell_back()
        else:
            await self._tell_away(reason)
        return reason is None

    async def _what_is_wrong(self) -> str | None:
        """None when it answered. A connection that fails proves nothing, as one may die alone: a new one does."""
        if self._conn is not None:
            reason = await self._ask(self._conn.execute("SELECT 1"))
            if reason is None or reason == SILENT:
                return reason
            await self._hang_up()
        return await self._ask(self._connect())

    async def _ask(self, question: Coroutine[Any, Any, Any]) -> str | None:
        """None when it was answered, or the reason.

        Silence is counted in turns of the event loop, not in seconds: a process that was stopped, or busy all the time,
        has not been waiting.
        """
        asking = asyncio.create_task(question, name="database-probe")
        try:
            for _ in range(self._turns):
                done, _ = await asyncio.wait((asking,), timeout=_TURN_S)
                if done:
                    return None if (error := asking.exception()) is None else _first_line(error)
        finally:
            if not asking.done():
                await self._give_up(asking)
        return SILENT

    async def _connect(self) -> None:
        self._conn = await connect(str(self._pool.conninfo), "openhorde watch")
        await self._conn.execute("SELECT 1")

    async def _give_up(self, asking: asyncio.Task[Any]) -> None:
        """End a probe, whatever it waits for."""
        if self._conn is None:
            asking.cancel()
        else:
            self._conn.cut()  # a statement that is cancelled waits for its server once more
        await asyncio.wait((asking,))
        if not asking.cancelled():
            asking.exception()  # what it ended with is no news any more, and nobody else asks for it
        await self._hang_up()

    async def _hang_up(self) -> None:
        if self._conn is not None:
            await self._conn.close()
            self._conn = None

    async def _tell_away(self, reason: str) -> None:
        if self._away_since_s is None:
            self._away_since_s = time.monotonic()
            log.error("database.away", reason=reason)
        await self._pool.declare_away()

    def _tell_back(self) -> None:
        if self._away_since_s is not None:
            log.warning("database.back", away_s=round(time.monotonic() - self._away_since_s, 1))
            self._away_since_s = None
            self._pool.declare_back()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
