"""How long the database may take: limits that its sessions keep themselves.

They end statements that run or wait too long. A database that answers nothing at all keeps no limit: for that there is
`watch`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

_READ = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
_SET_TWO = "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false)"
_SET = (
    "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false),"
    " set_config('idle_in_transaction_session_timeout', %s, false)"
)


LONG_TRANSACTION = "set_config('statement_timeout', '10min', true), set_config('lock_timeout', '1min', true)"
"""To select in a transaction of background work that may take longer than what somebody waits for."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Of one session, in seconds; 0 is no limit."""

    statement_s: float = 30.0
    lock_s: float = 10.0
    idle_in_transaction_s: float = 60.0

    async def apply(self, conn: psycopg.AsyncConnection[Any]) -> None:
        """Have the session keep them until it ends. One statement."""
        limits_s = (self.statement_s, self.lock_s, self.idle_in_transaction_s)
        await conn.execute(_SET, [f"{round(limit_s * 1000)}ms" for limit_s in limits_s])


UNLIMITED = SessionLimits(0, 0, 0)
"""For what takes as long as it takes: migrations and copies of a whole database."""


@asynccontextmanager
async def without_limits(conn: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    """Let the statements of a block take as long as they need; afterwards the session's limits hold again."""
    known = await (await conn.execute(_READ)).fetchone()
    await conn.execute(_SET_TWO, ["0", "0"])
    try:
        yield
    finally:
        if not conn.closed:
            await conn.execute(_SET_TWO, known)
