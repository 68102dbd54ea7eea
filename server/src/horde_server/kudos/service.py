"""Kudos that are given: between users, and out of nothing."""

from __future__ import annotations

from horde_server.database.pool import Pool
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.kudos.awards import award
from horde_server.kudos.transfers import transfer


class KudosGifts:
    """Transfers and awards of whole kudos. Raises `KudosRefusal`s and `NotAllowedAwards`."""

    def __init__(self, pool: Pool, accounts: AccountDirectory) -> None:
        self._pool = pool
        self._accounts = accounts

    async def transfer(self, giver: Account, to_alias: str, amount: int, *, idempotency_key: str | None) -> None:
        """Give some of one's own; with a key known from an equal transfer, nothing moves again."""
        await transfer(self._pool, giver.id, to_alias, amount, idempotency_key=idempotency_key)
        self._accounts.invalidate(giver.id)

    async def award(self, giver: Account, to_alias: str, amount: int) -> None:
        """Give some that did not exist before, or take some."""
        await award(self._pool, giver, to_alias, amount)
