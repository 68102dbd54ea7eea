"""Making accounts: for the command line, for the first start, for tests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import uuid4

from psycopg.errors import ForeignKeyViolation

from horde_server.database.pool import Connection
from horde_server.errors import UserNotFound
from horde_server.identity import key_store
from horde_server.identity.keys import Scope, key_hash, load_secret, new_api_key
from horde_server.kudos.ledger import ADMIN, EntryKind, Movement, post, spendable


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
        cursor = await conn.execute(
            # the hash stands here too as long as nodes may run that know no other place (migration 0014)
            """INSERT INTO account (username, external_id, api_key_hash, moderator, trusted, customizer)
               VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (external_id) DO UPDATE SET username = excluded.username,
                   api_key_hash = excluded.api_key_hash, moderator = excluded.moderator, trusted = excluded.trusted
               RETURNING id, (xmax = 0)""",
            (username, external_id, hashed, moderator, trusted or moderator, customizer),
        )
        row = await cursor.fetchone()
        assert row is not None  # INSERT … ON CONFLICT DO UPDATE always returns its row
        account_id, is_new = row
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


async def has_accounts(conn: Connection) -> bool:
    """Whether there is any account but the horde's own, Anonymous."""
    return await (await conn.execute("SELECT 1 FROM account WHERE id > 0 LIMIT 1")).fetchone() is not None


async def adjust_kudos(conn: Connection, account_id: int, change_hundredths: int) -> None:
    """An administrator gives or takes kudos."""
    if not change_hundredths:
        return
    ledger_account = spendable(account_id)
    payer, payee = (ADMIN, ledger_account) if change_hundredths > 0 else (ledger_account, ADMIN)
    await post(conn, [Movement(uuid4(), EntryKind.ADMIN_ADJUSTMENT, payer, payee, abs(change_hundredths))])


async def balance_hundredths(conn: Connection, account_id: int) -> int:
    """The balance with what is not folded yet, at the floor at least once anything moved."""
    cursor = await conn.execute(
        """SELECT coalesce((SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %(of)s), 0)
                + coalesce((SELECT sum(amount_hundredths) FROM ledger_inbox WHERE payee = %(of)s), 0)
                - coalesce((SELECT sum(amount_hundredths) FROM ledger_inbox WHERE payer = %(of)s), 0)""",
        {"of": spendable(account_id)},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
