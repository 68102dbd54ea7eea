"""Takes note of suspicions against workers and their owners; enough of them pause the worker.

Trusted owners are beyond suspicion (accounts.md §2.3): nothing is noted against them or their workers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

import structlog

from horde_server.database.pool import Pool
from horde_server.moderation.suspicion import MOST_NOTED, REPEATABLE, SUSPICIOUS_FROM, Suspicion

log = structlog.get_logger(__name__)

# Both rows at once; whose suspicions are full, or have a reason that counts once already, stay as they are.
_NOTE = """
WITH suspected AS (
    SELECT worker.id AS worker_id, account.id AS account_id
    FROM worker JOIN account ON account.id = worker.account_id
    WHERE worker.id = %(worker_id)s AND NOT account.trusted
), against_owner AS (
    UPDATE account SET suspicions = suspicions || %(reason)s::smallint FROM suspected
    WHERE account.id = suspected.account_id AND account.id <> 0 AND cardinality(suspicions) < %(most)s
      AND (%(is_repeatable)s OR %(reason)s <> ALL (suspicions))
)
UPDATE worker SET suspicions = suspicions || %(reason)s::smallint,
                  paused = paused OR cardinality(suspicions) + 1 >= %(enough)s
FROM suspected
WHERE worker.id = suspected.worker_id AND cardinality(suspicions) < %(most)s
  AND (%(is_repeatable)s OR %(reason)s <> ALL (suspicions))
RETURNING paused"""

_NOTE_ACCOUNT = """
UPDATE account SET suspicions = suspicions || %(reason)s::smallint
WHERE id = %(account_id)s AND id <> 0 AND NOT trusted AND cardinality(suspicions) < %(most)s
  AND (%(is_repeatable)s OR %(reason)s <> ALL (suspicions))"""


class Suspects:
    """Notes reasons for suspicion against workers, their owners and accounts."""

    def __init__(self, pool: Pool, workers_changed: Callable[[Collection[UUID]], Awaitable[None]]) -> None:
        """`workers_changed`: lets all nodes know of workers that were paused."""
        self._pool = pool
        self._workers_changed = workers_changed

    async def note(self, worker_id: UUID, reason: Suspicion) -> None:
        """Note a reason against a worker and its owner; at five the worker is paused."""
        async with self._pool.connection() as conn:
            cursor = await conn.execute(
                _NOTE,
                {
                    "worker_id": worker_id,
                    "reason": int(reason),
                    "is_repeatable": reason in REPEATABLE,
                    "most": MOST_NOTED,
                    "enough": SUSPICIOUS_FROM,
                },
            )
            row = await cursor.fetchone()
        if row is None:
            return
        log.warning("moderation.suspicion", worker=str(worker_id), reason=reason.name, is_paused=row[0])
        await self._workers_changed([worker_id])

    async def note_account(self, account_id: int, reason: Suspicion) -> None:
        """Note a reason against an account, for what it did itself."""
        async with self._pool.connection() as conn:
            cursor = await conn.execute(
                _NOTE_ACCOUNT,
                {
                    "account_id": account_id,
                    "reason": int(reason),
                    "is_repeatable": reason in REPEATABLE,
                    "most": MOST_NOTED,
                },
            )
        if cursor.rowcount:
            log.warning("moderation.suspicion", account=account_id, reason=reason.name)
