"""A style's shared key: it pays for who asks in the style, and from then on for nothing else (styles.md §6)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from horde_server.database.pool import Connection, Pool
from horde_server.identity.caller import Caller
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.key_store import assign_to_styles
from horde_server.kudos.key_budget_store import find_shared, funds_of
from horde_server.styles import store
from horde_server.styles.names import parse_id
from horde_server.styles.refusals import SharedKeyInvalid, StyleKeyEmpty, StyleKeyExpired

NO_KEY: Final = UUID(int=0)
"""What others than the owner are shown as the id of a style's key, which is the key itself; and, in a change, none."""


async def usable_key(conn: Connection, text: str, owner_id: int) -> UUID | None:
    """The shared key of this account that is meant; None: `NO_KEY`.

    Raises `SharedKeyInvalid`, `StyleKeyEmpty`, `StyleKeyExpired`.
    """
    shared_id = parse_id(text)
    if shared_id == NO_KEY:
        return None
    key = await find_shared(conn, shared_id) if shared_id is not None else None
    if shared_id is None or key is None or key.account_id != owner_id:
        raise SharedKeyInvalid
    if key.is_expired:
        raise StyleKeyExpired
    funds = await funds_of(conn, key.key_id)
    if funds is None or (funds.unspent is not None and funds.unspent <= 0):
        raise StyleKeyEmpty
    return shared_id


async def reassign(conn: Connection, *keys: UUID | None) -> None:
    """Say of each key whether any style has it now, in the transaction of the change, in which its owner is locked."""
    for shared_id in {key for key in keys if key is not None}:
        await assign_to_styles(conn, shared_id, assigned=await store.has_style(conn, shared_id))


class StylePayers:
    """Finds who pays for a request in a style."""

    def __init__(self, pool: Pool, accounts: AccountDirectory) -> None:
        self._pool = pool
        self._accounts = accounts

    async def of(self, shared_key_id: UUID | None, caller: Caller, now_s: float) -> Caller:
        """The owner of the style's key, by that key, as long as it is good and has something left; else who calls.

        Whose key was sent then does not matter, nor whether it is anybody's. `now_s`: since the epoch.
        """
        if shared_key_id is None:
            return caller
        holder = await self._accounts.by_key(str(shared_key_id))
        if holder is None or holder.key.shared is None:
            return caller
        if holder.key.expires_at_s is not None and holder.key.expires_at_s <= now_s:
            return caller
        if holder.key.has_budget:
            async with self._pool.connection() as conn:
                funds = await funds_of(conn, holder.key.id)
            if funds is None or (funds.unspent is not None and funds.unspent <= 0):
                return caller
        return caller.paid_by_style(holder)
