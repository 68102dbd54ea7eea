"""Who is struck for a refused prompt: the address it came from, or the account that sent it.

An address is struck in public only. Behind a private one, or a proxy of ours, may be a whole class, and in a household
everybody: one of them would stop all, workers too. There the account is struck, and it alone. Anonymous is everybody's
account: it is not struck, the refusal of the prompt is all.
"""

from __future__ import annotations

from collections.abc import Callable

from horde_server.http.networks import is_public
from horde_server.identity.directory import Account
from horde_server.moderation.addresses.timeouts import AddressTimeouts

_ANONYMOUS_ID = 0


class Strikes:
    """Time-outs for refused prompts."""

    def __init__(
        self, timeouts: AddressTimeouts, is_own_proxy: Callable[[str], bool], *, strikes_addresses: bool
    ) -> None:
        """`strikes_addresses`: whether any address is ever struck."""
        self._timeouts = timeouts
        self._is_own_proxy = is_own_proxy
        self._strikes_addresses = strikes_addresses

    async def strike(self, account: Account, address: str) -> None:
        """A prompt of this account, sent from this address, was refused."""
        if self._strikes_addresses and is_public(address) and not self._is_own_proxy(address):
            await self._timeouts.strike(address)
        elif account.id != _ANONYMOUS_ID:
            await self._timeouts.strike_account(account)
