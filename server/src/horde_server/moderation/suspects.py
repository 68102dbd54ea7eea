"""Suspicions against workers and their owners, as they are noted; enough of them pause the worker.

Trusted owners are beyond suspicion (accounts.md §2.3): nothing is noted against them or their workers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

import structlog

from horde_server.database.pool import Pool
from horde_server.moderation import store
from horde_server.moderation.suspicion import Suspicion

log = structlog.get_logger(__name__)


class Suspects:
    """Notes reasons for suspicion against workers, their owners and accounts."""

    def __init__(self, pool: Pool, workers_changed: Callable[[Collection[UUID]], Awaitable[None]]) -> None:
        """`workers_changed`: lets all nodes know of workers that were paused."""
        self._pool = pool
        self._workers_changed = workers_changed

    async def note(self, worker_id: UUID, reason: Suspicion) -> None:
        """Note a reason against a worker and its owner; at five the worker is paused."""
        async with self._pool.connection() as conn:
            is_paused = await store.note(conn, worker_id, reason)
        if is_paused is None:
            return
        log.warning("moderation.suspicion", worker=str(worker_id), reason=reason.name, is_paused=is_paused)
        await self._workers_changed([worker_id])

    async def note_account(self, account_id: int, reason: Suspicion) -> None:
        """Note a reason against an account, for what it did itself."""
        async with self._pool.connection() as conn:
            is_noted = await store.note_account(conn, account_id, reason)
        if is_noted:
            log.warning("moderation.suspicion", account=account_id, reason=reason.name)
