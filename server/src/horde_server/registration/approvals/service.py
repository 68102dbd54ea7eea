"""The registrations of a horde that wait, as its API deals with them."""

from __future__ import annotations

from horde_server.audit.trail import Actor
from horde_server.core import Core
from horde_server.registration.approvals import store
from horde_server.registration.approvals.deciding import decide
from horde_server.registration.approvals.store import Waiting


class Approvals:
    """Lists who waits, and decides."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def waiting(self, page: int) -> list[Waiting]:
        """Those of a page, the oldest first."""
        async with self._core.pool.connection() as conn:
            return await store.waiting(conn, page)

    async def decide(self, actor: Actor, account_id: int, *, approve: bool, why: str | None) -> None:
        """Approve or refuse, on all nodes at once. Raises `RegistrationNotFound`."""
        async with self._core.pool.connection() as conn:
            await decide(conn, actor, account_id, approve=approve, why=why)
        await self._core.announce("account", [str(account_id)])
