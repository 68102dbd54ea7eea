"""Who is suspected, and why, as moderators see it: in pages, each with what is noted now."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from uuid import UUID

from horde_server.database.pool import Pool
from horde_server.errors import BadRequest
from horde_server.moderation.suspicion import reason_name
from horde_server.moderation.suspicions import store
from horde_server.moderation.suspicions.store import SuspectRow

_FIRST_WORKER: Final = UUID(int=0)
_INT32_MAX = 2**31 - 1


class SuspectList:
    """Accounts and workers against which something is noted."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def accounts(self, *, after: str | None, at_least: int, limit: int) -> list[dict[str, Any]]:
        """Accounts, by their numbers; those behind `after`. Raises `BadRequest` where that is no number."""
        if after is not None and not (after.isascii() and after.isdigit() and len(after) <= 10):
            raise BadRequest("`after` is the id of the last account of the page before.")
        last = min(int(after or 0), _INT32_MAX)
        async with self._pool.connection() as conn:
            return list(map(_body, await store.accounts(conn, after=last, at_least=at_least, limit=limit)))

    async def workers(self, *, after: str | None, at_least: int, limit: int) -> list[dict[str, Any]]:
        """Workers, by their ids; those behind `after`. Raises `BadRequest` where that is no id."""
        try:
            last = UUID(after) if after else _FIRST_WORKER
        except ValueError:
            raise BadRequest("`after` is the id of the last worker of the page before.") from None
        async with self._pool.connection() as conn:
            return list(map(_body, await store.workers(conn, after=last, at_least=at_least, limit=limit)))


def _body(row: SuspectRow) -> dict[str, Any]:
    body = {
        "id": str(row.id),
        "name": row.name,
        "owner": row.owner,
        "count": len(row.suspicions),
        "reasons": dict(Counter(map(reason_name, row.suspicions))),
        "trusted": row.trusted,
        "paused": row.paused,
        "paused_reason": row.paused_reason,
    }
    return {name: value for name, value in body.items() if value is not None}
