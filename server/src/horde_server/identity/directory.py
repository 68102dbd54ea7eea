"""Who calls: accounts by key, remembered for a few seconds, since every hot call begins here."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from horde_server.database.pool import Pool
from horde_server.identity.floors import floor_hundredths
from horde_server.identity.keys import ANONYMOUS_KEY, MAX_KEY_LENGTH, key_hash

FRESH_S = 10.0
"""A snapshot is used this long; a change made by this or another node ends it at once, and the fold renews balances."""
MOST_REMEMBERED = 20_000
"""Accounts kept, and as many keys that nobody has."""

_Name = bytes | int  # hash of a key, or account id


@dataclass(frozen=True, slots=True)
class Account:
    """An account as of a moment ago. `balance_hundredths` is folded: it may lag by seconds, and decides no spend."""

    id: int
    username: str
    kind: str
    concurrency: int
    worker_invited: int
    moderator: bool
    trusted: bool
    flagged: bool
    customizer: bool
    vpn: bool
    service: bool
    education: bool
    special: bool
    deleted: bool
    balance_hundredths: int

    @property
    def alias(self) -> str:
        """The unique name: `username#id`."""
        return f"{self.username}#{self.id}"

    @property
    def floor_hundredths(self) -> int:
        """The balance this account never falls below."""
        return floor_hundredths(self.kind)


_COLUMNS = """account.id, username, kind, concurrency, worker_invited, moderator, trusted, flagged, customizer, vpn,
    service, education, special, deleted,
    coalesce((SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = 2 * account.id), 0)"""


class AccountDirectory:
    """Accounts by key or id. A hit costs a hash and a dictionary look-up, about a microsecond."""

    def __init__(self, pool: Pool, salt: bytes, clock: Callable[[], float]) -> None:
        self._pool = pool
        self._salt = salt
        self._clock = clock
        self._known: dict[_Name, tuple[float, Account]] = {}
        self._unknown: dict[_Name, float] = {}  # apart, so that guessed keys push no account out
        self._names_of: defaultdict[int, set[_Name]] = defaultdict(set)
        self._asking: dict[_Name, asyncio.Future[None]] = {}
        self._changes = 0

    async def by_key(self, key: str) -> Account | None:
        """The account of an API key, or None when no account has it."""
        if key == ANONYMOUS_KEY:
            return await self.by_id(0)
        if len(key) > MAX_KEY_LENGTH:
            return None
        return await self._find(key_hash(self._salt, key))

    async def by_id(self, account_id: int) -> Account | None:
        """The account with this number."""
        return await self._find(account_id)

    def invalidate(self, account_id: int) -> None:
        """Forget what is remembered of an account that changed; a question under way is not remembered either."""
        self._changes += 1
        self._unknown.pop(account_id, None)
        for name in self._names_of.pop(account_id, ()):
            self._known.pop(name, None)

    async def renew(self, account_ids: Iterable[int]) -> None:
        """Read those of the accounts anew that are remembered, in one question: their balances have changed."""
        wanted = [account_id for account_id in account_ids if account_id in self._names_of]
        if not wanted:
            return
        changes = self._changes
        async with self._pool.connection() as conn:
            cursor = await conn.execute(f"SELECT {_COLUMNS} FROM account WHERE id = ANY(%s)", (wanted,))
            rows = await cursor.fetchall()
        if changes == self._changes:  # else something newer is known of one of them
            for account in (Account(*row) for row in rows):
                for name in self._names_of[account.id]:
                    self._known[name] = (self._clock(), account)
        else:
            for account_id in wanted:
                self.invalidate(account_id)

    def invalidate_all(self) -> None:
        """Forget everything: a notice may have been missed."""
        self._changes += 1
        self._known.clear()
        self._names_of.clear()
        self._unknown.clear()

    async def _find(self, name: _Name) -> Account | None:
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

    async def _ask_for_all(self, name: _Name) -> Account | None:
        asking = self._asking[name] = asyncio.get_running_loop().create_future()
        changes = self._changes
        try:
            account = await self._ask(name)
            if changes == self._changes:
                self._remember(name, account)
            return account
        finally:
            del self._asking[name]
            asking.set_result(None)

    def _remember(self, name: _Name, account: Account | None) -> None:
        if account is None:
            if len(self._unknown) >= MOST_REMEMBERED:
                self._unknown.clear()
            self._unknown[name] = self._clock()
            return
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
            self._names_of.clear()
        self._unknown.pop(name, None)
        self._known[name] = (self._clock(), account)
        self._names_of[account.id].add(name)

    async def _ask(self, name: _Name) -> Account | None:
        column: Any = "id" if isinstance(name, int) else "api_key_hash"
        async with self._pool.connection() as conn:
            cursor = await conn.execute(f"SELECT {_COLUMNS} FROM account WHERE {column} = %s", (name,))
            row = await cursor.fetchone()
        return Account(*row) if row else None
