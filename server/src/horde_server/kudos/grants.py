"""Monthly kudos: paid to whoever is entitled, each calendar month once, whichever node looks (kudos.md §6.4)."""

from __future__ import annotations

import structlog

from horde_server.database.pool import Pool
from horde_server.kudos import grant_store as store
from horde_server.tasks.kind import Backoff, NoArgs, TaskKind

log = structlog.get_logger(__name__)

GRANT = TaskKind("kudos.grant", NoArgs, Backoff(attempts=3), time_limit_s=300.0)
_BATCH = 500


class Grants:
    """The entitlements of all accounts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def pay(self) -> None:
        """Pay all that is due, missed months included. Doing it again pays nothing."""
        paid = 0
        async with self._pool.connection() as conn:
            await store.end_lapsed(conn)
            while granted := await store.grant(conn, _BATCH):
                paid += len(granted)
        if paid:
            log.info("kudos.granted", grants=paid)
