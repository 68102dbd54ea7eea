"""Who pays for a request: the account whose key was sent, or everybody's (keys.md §2, §5)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

import msgspec

from horde_server.database.pool import Pool
from horde_server.errors import BadRequest, HordeError
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.identity.keys import ANONYMOUS_GRANT, KeyGrant, SharedKeyTerms
from horde_server.kudos.key_budgets import SharedKeyEmpty, check_funds, read_funds
from horde_server.webhooks.hook import Hook, encode_hook


class SharedKeyExpired(HordeError):
    """This shared key has expired: ask its owner for another, or use a key of your own."""

    status, rc = 403, "SharedKeyExpired"


class SharedKeyAssignedStyles(HordeError):
    """This shared key pays for requests by its styles only: name one of them, or use a key of your own."""

    status, rc = 403, "SharedKeyAssignedStyles"


class KeyModelForbidden(HordeError):
    """This API key may not ask for these models: name only models that it may ask for."""

    status, rc = 403, "KeyModelForbidden"


class Payer(NamedTuple):
    """The account that pays, and the key whose budget it is charged to."""

    account: Account
    key: KeyGrant

    @property
    def key_id(self) -> int | None:
        """The key's number; None: everybody's."""
        return self.key.id or None

    @property
    def terms(self) -> SharedKeyTerms | None:
        """What one request may be at most, where a shared key pays and no style of it was named."""
        shared = self.key.shared
        return None if shared is None or shared.through_style else shared

    def hook_of(self, webhook: Hook | None) -> str | None:
        """The webhook as it is kept: unsigned where whoever has a shared key asks."""
        if webhook is None:
            return None
        if self.key.shared is not None:
            webhook = msgspec.structs.replace(webhook, is_unsigned=True)
        return encode_hook(webhook)

    def check_models(self, models: Collection[str]) -> None:
        """Raise `KeyModelForbidden` unless the key may ask for each of them; for any (none named) it may not."""
        allowed = self.key.models
        if allowed is None or (models and allowed.issuperset(models)):
            return
        raise KeyModelForbidden(
            f"This API key may ask for these only: {', '.join(sorted(allowed)) or 'none'}. Name one or more of them."
        )


def check_limit(what: str, asked: int, most: int | None) -> None:
    """Raise where one result has more of something than the shared key is for."""
    if most is not None and asked > most:
        if most == 0:
            raise BadRequest(f"This shared key is not for anything that has {what}: use another key.")
        raise BadRequest(f"This shared key is for at most {most} {what}, and you asked for {asked}: ask for less.")


class Payers:
    """Finds who pays."""

    def __init__(self, pool: Pool, accounts: AccountDirectory, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._pool = pool
        self._accounts = accounts
        self._clock = clock

    async def of(self, caller: Caller, *, may_shrink: bool) -> Payer:
        """Who pays for what this caller asks.

        For a shared key without kudos that is Anonymous, where the caller allows that less is done (`may_shrink`).
        Raises the refusals of shared keys in the API's order, `InvalidAPIKey` where nobody has the key.
        """
        account = caller.user
        key = caller.key or ANONYMOUS_GRANT
        shared = key.shared
        if shared is None:
            return Payer(account, key)
        if key.has_budget:
            unspent = (await read_funds(self._pool, key)).unspent
            if unspent is not None and unspent <= 0:
                if may_shrink:
                    return await self.anonymous()
                raise SharedKeyEmpty
        if key.expires_at_s is not None and key.expires_at_s <= self._clock():
            raise SharedKeyExpired
        if shared.for_styles and not shared.through_style:
            raise SharedKeyAssignedStyles
        return Payer(account, key)

    async def anonymous(self) -> Payer:
        """Everybody's account."""
        account = await self._accounts.by_id(0)
        assert account is not None  # the first migration makes it
        return Payer(account, ANONYMOUS_GRANT)

    async def check_budget(self, payer: Payer, most_hundredths: int) -> None:
        """Raise what `check_funds` raises where a request may cost more than the key's budget has left."""
        key = payer.key
        if key.has_budget:
            funds = await read_funds(self._pool, key)
            check_funds(funds, most_hundredths, is_shared=key.shared is not None)
