"""Accounts by their keys, and the door of all routes, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from horde_server.core import Core
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.door import Door
from horde_server.identity.key_uses import WRITTEN_EVERY_S, KeyUses
from horde_server.identity.rate_limits import RateLimits
from horde_server.periodic import every
from horde_server.slice import Heard, Slice


class Identity(Slice):
    """Who calls."""

    def __init__(self, core: Core, limits: RateLimits | None) -> None:
        self.limits = limits
        self.accounts = AccountDirectory(core.pool, core.api_key_salt, core.monotonic, core.settings.admin_ids)
        self._uses = KeyUses(core.pool)
        self.door = Door(self.accounts, HotRoutes(), self._uses)

    def notices(self) -> Mapping[str, Heard]:
        """Accounts that changed are read anew."""
        return {"account": self._heard}

    async def missed(self) -> None:
        """Nothing that is remembered is sure."""
        self.accounts.invalidate_all()

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Write down which keys were used."""
        return {"key_uses": every(WRITTEN_EVERY_S, self._uses.write)}

    async def _heard(self, ids: list[str]) -> None:
        for account_id in ids:
            self.accounts.invalidate(int(account_id))
