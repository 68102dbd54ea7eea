"""Who may moderate: moderators, and the administrators of the horde."""

from __future__ import annotations

from collections.abc import Collection

from horde_server.errors import InvalidAPIKey, NotModerator
from horde_server.http.body import required_apikey
from horde_server.identity.directory import Account, AccountDirectory


class Moderators:
    """Tells them from others by their keys."""

    def __init__(self, accounts: AccountDirectory, admin_ids: Collection[int]) -> None:
        self._accounts = accounts
        self._admin_ids = admin_ids

    async def by_key(self, apikey: str | None) -> Account:
        """The moderator with this key. Raises 400 without one, 401 `InvalidAPIKey`, 403 `NotModerator`."""
        account = await self._accounts.by_key(required_apikey(apikey))
        if account is None:
            raise InvalidAPIKey
        if not (account.moderator or account.id in self._admin_ids):
            raise NotModerator
        return account
