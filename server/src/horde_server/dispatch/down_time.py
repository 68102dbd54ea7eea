"""Time that the horde was down is nobody's fault: leases, lives and uptime are counted in time that it was up.

Any node beats (one row, every few seconds). Whoever finds that nobody did for a while – all nodes were stopped, the
database was away, the machine slept – puts off what was due by as much, once, however many nodes find it; until then
nothing is overdue or expired (`IS_UP`). All nodes learn of it by the sum of all down time in that row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch import down_time_store as store
from horde_server.dispatch.down_time_store import BEAT_S, GAP_S

log = structlog.get_logger(__name__)


class DownTime:
    """The beat of a horde, and what is put off when it was missing for a while."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self.total_s = 0.0
        """Seconds that the horde was down, all in all; as far as this node knows."""

    async def settle(self) -> bool:
        """Beat, and make up for a gap before it.

        Whether anybody did so since the last call: then the mirrors of this node must learn what was put off.
        """
        async with self._pool.connection() as conn:
            last = await store.last_beat(conn)
            if last.age_s is None or last.age_s < -BEAT_S or BEAT_S / 2 < last.age_s < GAP_S:
                await store.beat(conn)
            elif last.age_s >= GAP_S:
                if gap := await store.make_up(conn):
                    log.warning("dispatch.was_down", **gap._asdict())
                last = await store.last_beat(conn)
        known_s, self.total_s = self.total_s, last.down_s
        return self.total_s > known_s

    def up_clock(self, clock: Callable[[], float]) -> Callable[[], float]:
        """A clock that stands still while the horde is down: what is dated by it lasts as long as the horde was up."""
        return lambda: clock() - self.total_s
