"""Accounts by key, with what the key is for: remembered for a few seconds, since every hot call begins here."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from horde_server.database.pool import Pool
from horde_server.http.networks import NetworkSet, parse_network
from horde_server.identity import store
from horde_server.identity.floors import floor_hundredths
from horde_server.identity.keys import (
    ANONYMOUS_GRANT,
    ANONYMOUS_KEY,
    MAX_KEY_LENGTH,
    KeyGrant,
    Scope,
    SharedKeyTerms,
    key_hash,
)
from horde_server.identity.store import AccountRow, KeyRow

FRESH_S = 10.0
"""A snapshot is used this long; a change made by this or another node ends it at once, and the fold renews balances."""
MOST_REMEMBERED = 20_000
"""Accounts kept, and as many keys that nobody has."""

_Name = bytes | int  # hash of a key, or account id


@dataclass(frozen=True, slots=True)
class Account:
    """An account as of a moment ago.

    `balance_hundredths` may lag by what its workers earned within the last second, and decides no spend.
    """

    id: int
    username: str
    kind: str
    concurrency: int
    worker_invited: int
    moderator: bool  # the role alone, as users are shown it
    trusted: bool
    flagged: bool
    customizer: bool
    vpn: bool
    service: bool
    education: bool
    special: bool
    deleted: bool
    is_approved: bool  # where new users wait for a moderator (registration.md §3)
    model_aliases: Mapping[str, str] = field(hash=False)
    """What it calls models, in dialects: names of the horde's by its own (accounts.md §4.10)."""
    balance_hundredths: int
    is_administrator: bool
    """Whether the operator names it in `HORDE_ADMINS`."""

    @property
    def is_moderator(self) -> bool:
        """Whether it may moderate: by its role, or as an administrator. The one place that says so."""
        return self.moderator or self.is_administrator

    @property
    def alias(self) -> str:
        """The unique name: `username#id`."""
        return f"{self.username}#{self.id}"

    @property
    def floor_hundredths(self) -> int:
        """The balance this account never falls below."""
        return floor_hundredths(self.kind)


class Holder(NamedTuple):
    """Whose key it is, and what it is for."""

    account: Account
    key: KeyGrant


_NO_KEY = KeyGrant(0, "", frozenset())
"""Of accounts that were found by their number: it is for nothing."""


def _grant(row: KeyRow) -> KeyGrant:
    """A key as callers have it."""
    networks = None
    if row.networks is not None:
        networks = NetworkSet(network for text in row.networks if (network := parse_network(text)) is not None)
    shared = None
    if row.shared_id is not None:
        shared = SharedKeyTerms(
            row.shared_id, row.max_image_pixels, row.max_image_steps, row.max_text_tokens, row.for_styles
        )
    return KeyGrant(
        id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        has_budget=row.has_budget,
        models=None if row.models is None else frozenset(row.models),
        networks=networks,
        expires_at_s=row.expires_at_s,
        shared=shared,
    )


class AccountDirectory:
    """Accounts by key or id. A hit costs a hash and a dictionary look-up, about a microsecond."""

    def __init__(
        self, pool: Pool, salt: bytes, clock: Callable[[], float], admin_ids: Collection[int] = frozenset()
    ) -> None:
        """`admin_ids`: the administrators of the horde."""
        self._pool = pool
        self._salt = salt
        self._clock = clock
        self._admin_ids = admin_ids
        self._known: dict[_Name, tuple[float, Holder]] = {}
        self._unknown: dict[_Name, float] = {}  # apart, so that guessed keys push no account out
        self._names_of: defaultdict[int, set[_Name]] = defaultdict(set)
        self._asking: dict[_Name, asyncio.Future[None]] = {}
        self._changes = 0
        self._changed_at: dict[int, float] = {}  # accounts that were given kudos, or else changed, lately

    async def by_key(self, key: str) -> Holder | None:
        """The holder of an API key, or None when no account has it (any more)."""
        if key == ANONYMOUS_KEY:
            anonymous = await self._find(0)
            return anonymous and Holder(anonymous.account, ANONYMOUS_GRANT)
        if not key or len(key) > MAX_KEY_LENGTH:
            return None
        return await self._find(key_hash(self._salt, key))

    async def by_id(self, account_id: int) -> Account | None:
        """The account with this number."""
        found = await self._find(account_id)
        return found and found.account

    def invalidate(self, account_id: int) -> None:
        """Forget what is remembered of an account that changed; a question under way is not remembered either."""
        self._changes += 1
        self._changed_at[account_id] = self._clock()
        self._unknown.pop(account_id, None)
        for name in self._names_of.pop(account_id, ()):
            self._known.pop(name, None)

    async def renew(self, account_ids: Iterable[int]) -> None:
        """Read those of the accounts anew that are remembered, in one question: their balances have changed."""
        before = self._clock() - FRESH_S
        self._changed_at = {account_id: at for account_id, at in self._changed_at.items() if at > before}
        wanted = [account_id for account_id in account_ids if account_id in self._names_of]
        if not wanted:
            return
        changes = self._changes
        async with self._pool.connection() as conn:
            rows = await store.find_accounts(conn, wanted)
            if moving := self._changed_at.keys() & set(wanted):
                rows += await store.find_moving(conn, moving)  # these count
        if changes == self._changes:  # else something newer is known of one of them
            for account in map(self._account, rows):
                for name in self._names_of[account.id]:
                    known_at, holder = self._known[name]
                    # what is known of a key grows old all the same: it may have ended meanwhile
                    fresh_at = self._clock() if isinstance(name, int) else known_at
                    self._known[name] = (fresh_at, Holder(account, holder.key))
        else:
            for account_id in wanted:
                self.invalidate(account_id)

    def invalidate_all(self) -> None:
        """Forget everything: a notice may have been missed."""
        self._changes += 1
        self._known.clear()
        self._names_of.clear()
        self._unknown.clear()

    async def _find(self, name: _Name) -> Holder | None:
        while True:
            now = self._clock()
            known = self._known.get(name)
            if known is not None and now - known[0] < FRESH_S:
                return known[1]
            asked_at = self._unknown.get(name)
            if asked_at is not None and now - asked_at < FRESH_S:
                return None
            asking = self._asking.get(name)
            if asking is None:
                return await self._ask_for_all(name)
            await asyncio.wait([asking])  # one question at a time about a busy account; whoever asked may have failed

    async def _ask_for_all(self, name: _Name) -> Holder | None:
        asking = self._asking[name] = asyncio.get_running_loop().create_future()
        changes = self._changes
        try:
            holder = await self._ask(name)
            if holder is not None and holder.account.id in self._changed_at:
                holder = await self._with_what_arrives(holder)
            if changes == self._changes:
                self._remember(name, holder)
            return holder
        finally:
            del self._asking[name]
            asking.set_result(None)

    def _remember(self, name: _Name, holder: Holder | None) -> None:
        if holder is None:
            if len(self._unknown) >= MOST_REMEMBERED:
                self._unknown.clear()
            self._unknown[name] = self._clock()
            return
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
            self._names_of.clear()
        self._unknown.pop(name, None)
        self._known[name] = (self._clock(), holder)
        self._names_of[holder.account.id].add(name)

    async def _ask(self, name: _Name) -> Holder | None:
        async with self._pool.connection() as conn:
            if isinstance(name, int):
                row = await store.find_account(conn, name)
                return Holder(self._account(row), _NO_KEY) if row else None
            found = await store.find_holder(conn, name)
        if found is None:
            return None
        key, row = found
        return Holder(self._account(row), _grant(key))

    async def _with_what_arrives(self, holder: Holder) -> Holder:
        """The same with kudos that are not folded yet: of an account that was given some lately."""
        async with self._pool.connection() as conn:
            rows = await store.find_moving(conn, [holder.account.id])
        return holder._replace(account=self._account(rows[0])) if rows else holder

    def _account(self, columns: AccountRow) -> Account:
        return Account(*(*columns, columns[0] in self._admin_ids))
