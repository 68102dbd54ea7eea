"""Accounts by their keys, and the door of all routes, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Mapping
from typing import Any

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity import key_store, passkey_store
from horde_server.identity.anonymous import AnonymousUse
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.door import Door
from horde_server.identity.key_store import shared_ids_of
from horde_server.identity.key_uses import WRITTEN_EVERY_S, KeyUses
from horde_server.identity.proxied_clients import ProxiedClients
from horde_server.identity.rate_limits import RateLimits
from horde_server.periodic import every
from horde_server.slice import Heard, Slice


class Identity(Slice):
    """Who calls."""

    def __init__(self, core: Core, limits: RateLimits | None) -> None:
        self.limits = limits
        self.accounts = AccountDirectory(core.pool, core.api_key_salt, core.monotonic, core.settings.admin_ids)
        self.anonymous = AnonymousUse(core.pool)
        self.proxied_clients = ProxiedClients(core.pool, core.api_key_salt)
        self._uses = KeyUses(core.pool)
        self.door = Door(self.accounts, HotRoutes(), self._uses, self.anonymous)

    def notices(self) -> Mapping[str, Heard]:
        """Accounts that changed are read anew; switches that were turned."""
        return {"account": self._heard, "switch": self._turned}

    async def reload(self) -> None:
        """Switches, and the passkeys of services."""
        await self.anonymous.reload()
        await self.proxied_clients.reload()

    async def missed(self) -> None:
        """Nothing that is remembered is sure."""
        self.accounts.invalidate_all()
        await self.reload()

    async def of_users(
        self, conn: Connection, account_ids: Collection[int], privilege: int
    ) -> Mapping[str, Mapping[int, Any]]:
        """The shared keys of users, for themselves and moderators."""
        if privilege < 1:
            return {}
        return {"sharedkey_ids": {one: list(map(str, await shared_ids_of(conn, one))) for one in account_ids}}

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """All its keys."""
        await key_store.remove_all(conn, account_id)
        await passkey_store.remove_passkey(conn, account_id)

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Write down which keys were used."""
        return {"key_uses": every(WRITTEN_EVERY_S, self._uses.write)}

    async def _heard(self, ids: list[str]) -> None:
        for account_id in ids:
            self.accounts.invalidate(int(account_id))
        await self.proxied_clients.reload()  # one of them may be a service, or be flagged now

    async def _turned(self, _: list[str]) -> None:
        await self.anonymous.reload()
