"""Kudos that are given: between users, and out of nothing."""

from __future__ import annotations

from horde_server.core import Core
from horde_server.identity.directory import Account
from horde_server.kudos.awards import award
from horde_server.kudos.transfers import transfer


class KudosGifts:
    """Transfers and awards of whole kudos. Raises `KudosRefusal`s and `NotAllowedAwards`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def transfer(self, giver: Account, to_alias: str, amount: int, *, idempotency_key: str | None) -> None:
        """Give some of one's own; with a key known from an equal transfer, nothing moves again."""
        receiver_id = await transfer(self._core.pool, giver.id, to_alias, amount, idempotency_key=idempotency_key)
        await self._core.announce("account", [str(giver.id), str(receiver_id)])

    async def award(self, giver: Account, to_alias: str, amount: int) -> None:
        """Give some that did not exist before, or take some."""
        receiver_id = await award(self._core.pool, giver, to_alias, amount)
        await self._core.announce("account", [str(receiver_id)])
