"""Accounts by their keys, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Mapping

from horde_server.core import Core
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.rate_limits import RateLimits
from horde_server.slice import Heard, Slice


class Identity(Slice):
    """Who calls."""

    def __init__(self, core: Core, limits: RateLimits | None) -> None:
        self.limits = limits
        self.accounts = AccountDirectory(core.pool, core.api_key_salt, core.monotonic)

    def notices(self) -> Mapping[str, Heard]:
        """Accounts that changed are read anew."""
        return {"account": self._heard}

    async def missed(self) -> None:
        """Nothing that is remembered is sure."""
        self.accounts.invalidate_all()

    async def _heard(self, ids: list[str]) -> None:
        for account_id in ids:
            self.accounts.invalidate(int(account_id))
