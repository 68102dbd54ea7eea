"""Accounts as they are made: for the command line, for the first start, for tests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import uuid4

from psycopg.errors import ForeignKeyViolation

from horde_server.accounts import store
from horde_server.audit.trail import COMMAND_LINE, record, subject
from horde_server.database.notices import tell
from horde_server.database.pool import Connection
from horde_server.errors import UserNotFound
from horde_server.identity import key_store
from horde_server.identity.keys import Scope, key_hash, new_api_key
from horde_server.identity.secret_store import load_secret
from horde_server.kudos.ledger import ADMIN, EntryKind, Movement, spendable
from horde_server.kudos.ledger_store import balance_hundredths, post


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just made (or given a new key). The key is shown once and not kept."""

    id: int
    username: str
    api_key: str
    is_new: bool = True

    @property
    def alias(self) -> str:
        """The unique name: `username#id`."""
        return f"{self.username}#{self.id}"


async def create_account(
    conn: Connection,
    username: str,
    *,
    kudos: int = 0,
    moderator: bool = False,
    trusted: bool = False,
    customizer: bool = False,
    external_id: str | None = None,
) -> NewAccount:
    """Make an account, or give the one with this `external_id` a fresh key and these roles. Moderators are trusted."""
    key = new_api_key()
    hashed = key_hash(await load_secret(conn, "api_key_salt"), key)
    async with conn.transaction():
        account_id, is_new = await store.add_or_renew(
            conn,
            username,
            external_id=external_id,
            key_hash=hashed,
            moderator=moderator,
            trusted=trusted or moderator,
            customizer=customizer,
        )
        await key_store.renew_keys(conn, account_id, hashed)
        if kudos:
            await adjust_kudos(conn, account_id, kudos * 100)
    return NewAccount(account_id, username, key, is_new)


async def create_key(conn: Connection, account_id: int, *, name: str, scopes: Collection[Scope]) -> str:
    """Give an account one more key, for certain things only; shown once. Raises `UserNotFound`."""
    key = new_api_key()
    hashed = key_hash(await load_secret(conn, "api_key_salt"), key)
    try:
        await key_store.add_key(conn, account_id, hashed, name=name, scopes=scopes)
    except ForeignKeyViolation:
        raise UserNotFound from None
    return key


async def reset_account_key(conn: Connection, account_id: int, *, why: str | None) -> tuple[NewAccount, int]:
    """End all keys of an account but shared ones, and make a new one, on the machine itself; how many ended.

    All servers hear of it. Raises `UserNotFound`.
    """
    key = new_api_key()
    hashed = key_hash(await load_secret(conn, "api_key_salt"), key)
    async with conn.transaction():
        if not await key_store.lock_keys_of(conn, account_id):
            raise UserNotFound
        ended = await key_store.reset_keys(conn, account_id, hashed)
        await record(
            conn, COMMAND_LINE, "key.reset", subject("account", account_id), old={"keys": ended}, new={"keys": 1},
            why=why, concerns=account_id,
        )  # fmt: skip
        name = await store.name_of(conn, account_id)
    await tell(conn, "account", [str(account_id)])
    return NewAccount(account_id, name or "", key, is_new=False), ended


async def adjust_kudos(conn: Connection, account_id: int, change_hundredths: int) -> None:
    """An administrator gives or takes kudos."""
    if not change_hundredths:
        return
    ledger_account = spendable(account_id)
    payer, payee = (ADMIN, ledger_account) if change_hundredths > 0 else (ledger_account, ADMIN)
    await post(conn, [Movement(uuid4(), EntryKind.ADMIN_ADJUSTMENT, payer, payee, abs(change_hundredths))])


async def set_kudos(conn: Connection, account_id: int, hundredths: int) -> None:
    """Give or take what makes the balance so high, within the caller's transaction."""
    await adjust_kudos(conn, account_id, hundredths - await balance_hundredths(conn, account_id))
