"""Workers as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from horde_server.database.pool import Pool
from horde_server.dispatch.kind import WorkerRules
from horde_server.errors import WorkerNotFound
from horde_server.identity.caller import Caller
from horde_server.workers import store
from horde_server.workers.messages.mirror import MessageMirror
from horde_server.workers.view import worker_body


class ShownWorkers:
    """All workers of the horde, as whoever looks at them may see them."""

    def __init__(self, pool: Pool, kinds: Mapping[str, WorkerRules], messages: MessageMirror) -> None:
        self._pool = pool
        self._kinds = kinds
        self._messages = messages

    async def online(self, viewer: Caller, *, name: str | None, kind: str | None) -> list[dict[str, Any]]:
        """Those online; with a name (of any case) only that one, else with a kind only those of it."""
        async with self._pool.connection() as conn:  # the published SDK sends an empty type for all types
            rows = await store.show_online(conn, name=_without_nul(name), kind=_without_nul(kind))
        return [self._body(row, viewer) for row in rows]

    async def online_of(self, viewer: Caller, account_id: int) -> list[dict[str, Any]]:
        """Those of an account that are online."""
        async with self._pool.connection() as conn:
            rows = await store.show_online_of(conn, account_id)
        return [self._body(row, viewer) for row in rows]

    async def one(self, viewer: Caller, worker_id: UUID | None) -> dict[str, Any]:
        """The worker with this id, also when it is offline. Raises `WorkerNotFound`."""
        if worker_id is None:
            raise WorkerNotFound
        async with self._pool.connection() as conn:
            row = await store.show_by_id(conn, worker_id)
        return self._found(row, viewer)

    async def named(self, viewer: Caller, name: str) -> dict[str, Any]:
        """The worker of exactly this name, also when it is offline. Raises `WorkerNotFound`."""
        async with self._pool.connection() as conn:
            row = await store.show_by_name(conn, _without_nul(name) or "")
        return self._found(row, viewer)

    def _found(self, row: dict[str, Any] | None, viewer: Caller) -> dict[str, Any]:
        if row is None:
            raise WorkerNotFound
        return self._body(row, viewer)

    def _body(self, row: dict[str, Any], viewer: Caller) -> dict[str, Any]:
        return worker_body(row, self._kinds[row["kind"]], viewer, self._messages.addressed_to(row["id"]))


def _without_nul(text: str | None) -> str | None:
    """PostgreSQL takes no NULs, and no name has one."""
    return text.replace("\0", "") if text else text
