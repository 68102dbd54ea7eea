"""Keys that an account hands out to others (keys.md §4): made, shown, changed, deleted."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

from horde_server.audit.trail import Subject, actor_of, changed, record, subject
from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.errors import InvalidAPIKey
from horde_server.identity import key_store
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.keys import Scope, key_hash
from horde_server.keys import store
from horde_server.keys.refusals import AnonHasNoKeys, NoSharedKeyModSelected, NotYourSharedKey, TooManySharedKeys
from horde_server.keys.service import check_within, maker_of
from horde_server.keys.shared.schemas import NO_LIMIT, SharedKeyInput
from horde_server.keys.store import StoredKey
from horde_server.kudos.key_budget_store import lock_key, set_budget

_DAY_S = 86_400.0
_LIMITS = ("max_image_pixels", "max_image_steps", "max_text_tokens")
_FIELDS = frozenset({"kudos", "expiry", "name", *_LIMITS})


def most_shared_keys(account: Account) -> int:
    """How many an account may have."""
    if account.trusted:
        return 10
    return 1000 if account.education else 3


class SharedKeys:
    """Shared keys of all accounts. All nodes hear of a change when it is committed."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._pool = core.pool
        self._salt = core.api_key_salt

    async def create(self, caller: Caller, wish: SharedKeyInput) -> dict[str, Any]:
        """Make one."""
        account, shared_id = caller.user, uuid4()
        if account.id == 0:
            raise AnonHasNoKeys
        async with self._pool.connection() as conn, conn.transaction():
            await key_store.lock_keys_of(conn, account.id)
            await store.forget_ended(conn, account.id)
            most = most_shared_keys(account)
            if await store.count_shared(conn, account.id) >= most:
                raise TooManySharedKeys(f"You may have {most} shared keys at a time: delete one that nobody uses.")
            hashed = key_hash(self._salt, str(shared_id))
            name = wish.name or "shared"
            key_id = await key_store.add_key(conn, account.id, hashed, name=name, scopes={Scope.ASK})
            await store.change(conn, key_id, {"shared_id": shared_id})
            key = await _set(conn, caller, key_id, shared_id, wish, _FIELDS - {"name"})
            await record(conn, actor_of(caller), "shared_key.create", _of(key_id), new=_told(key), concerns=account.id)
        return shown(key)

    async def show(self, text: str) -> dict[str, Any]:
        """One, to whoever knows it. Raises `InvalidAPIKey`."""
        async with self._pool.connection() as conn:
            return shown(await _found(conn, text))

    async def change(self, caller: Caller, text: str, change: SharedKeyInput) -> dict[str, Any]:
        """Change what is named; the key as it is now."""
        async with self._pool.connection() as conn, conn.transaction():
            before = await self._lock(conn, caller, text)
            asked = change.model_fields_set & _FIELDS
            if not asked:
                raise NoSharedKeyModSelected
            after = await _set(conn, caller, before.id, _id_of(before), change, asked)
            old, new = changed(_told(before), _told(after))
            await record(
                conn,
                actor_of(caller),
                "shared_key.change",
                _of(before.id),
                old=old,
                new=new,
                concerns=before.account_id,
            )
        await self._heard(before.account_id)
        return shown(after)

    async def delete(self, caller: Caller, text: str) -> None:
        """End one at once."""
        async with self._pool.connection() as conn, conn.transaction():
            key = await self._lock(conn, caller, text)
            await store.revoke(conn, key.id)
            await record(
                conn, actor_of(caller), "shared_key.delete", _of(key.id), old=_told(key), concerns=key.account_id
            )
        await self._heard(key.account_id)

    async def _lock(self, conn: Connection, caller: Caller, text: str) -> StoredKey:
        key = await _found(conn, text)
        if key.account_id != caller.user.id:
            raise NotYourSharedKey
        await key_store.lock_keys_of(conn, key.account_id)
        await lock_key(conn, key.id)
        return await _found(conn, text)

    async def _heard(self, account_id: int) -> None:
        await self._core.announce("account", [str(account_id)])


async def _found(conn: Connection, text: str) -> StoredKey:
    try:
        key = await store.find_shared(conn, UUID(text))
    except ValueError:
        key = None
    if key is None:
        raise InvalidAPIKey("There is no such shared key, or it was deleted.")
    return key


def _id_of(key: StoredKey) -> UUID:
    assert key.shared_id is not None  # of `find_shared`
    return key.shared_id


async def _set(
    conn: Connection,
    caller: Caller,
    key_id: int,
    shared_id: UUID,
    wish: SharedKeyInput,
    asked: frozenset[str] | set[str],
) -> StoredKey:
    """Set what is asked for; the key as it is then, where who calls may have it so."""
    columns: dict[str, Any] = {"name": wish.name} if "name" in asked else {}
    for name in _LIMITS:
        if name in asked:
            limit: int = getattr(wish, name)
            columns[name] = None if limit == NO_LIMIT else limit
    if "expiry" in asked:
        columns.update({"expires_at": None} if wish.expiry <= 0 else {"expires_in": wish.expiry * _DAY_S})
    await store.change(conn, key_id, columns)
    if "kudos" in asked:
        await set_budget(conn, key_id, None if wish.kudos == NO_LIMIT else wish.kudos * 100)
    key = await store.find_shared(conn, shared_id)
    assert key is not None  # of the caller's transaction
    check_within(await maker_of(conn, caller), expires_at=key.expires_at, networks=None)
    return key


def _of(key_id: int) -> Subject:
    return subject("key", key_id)  # by its number: its id is the key itself


def _told(key: StoredKey) -> dict[str, Any]:
    """What the audit trail tells: all but what changes by itself, and the key."""
    told = shown(key)
    return {name: told.get(name) for name in ("name", "kudos", "expiry", *_LIMITS)}


def shown(key: StoredKey) -> dict[str, Any]:
    """What whoever has a shared key is told of it."""
    left = NO_LIMIT
    if key.budget_hundredths is not None:
        left = max(key.budget_hundredths - key.spent_hundredths, 0) // 100
    told: dict[str, Any] = {
        "id": str(key.shared_id),
        "username": f"{key.username}#{key.account_id}",
        "name": key.name,
        "kudos": left,
        "expiry": _day(key.expires_at),
        "utilized": round(key.spent_hundredths / 100),
        **{name: NO_LIMIT if (most := getattr(key, name)) is None else most for name in _LIMITS},
    }
    return {name: value for name, value in told.items() if value is not None}


def _day(at: datetime | None) -> str | None:
    return format_datetime(at) if at is not None else None
