"""Keys that an account has for itself: listed, made, changed, rotated, revoked (keys.md §1, §3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from horde_server.audit.trail import Subject, actor_of, changed, record, subject
from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.errors import InvalidAPIKey
from horde_server.http.networks import parse_network
from horde_server.identity import key_store
from horde_server.identity.caller import Caller
from horde_server.identity.keys import Scope, key_hash, new_api_key
from horde_server.keys import store
from horde_server.keys.refusals import (
    AnonHasNoKeys,
    FullKeyNotLimited,
    KeyGrantsTooMuch,
    KeyNotFound,
    LastFullKey,
    NoKeyModSelected,
    TooManyKeys,
)
from horde_server.keys.schemas import NO_LIMIT, KeyChange, KeyInput
from horde_server.keys.store import StoredKey
from horde_server.kudos.key_budget_store import lock_key, set_budget

MOST_KEYS = 30
"""That an account has at a time."""
_LIMITS = ("expires_in_hours", "kudos", "daily_kudos", "models", "networks")


class OwnKeys:
    """The keys of who calls. All nodes hear of a change when it is committed."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._pool = core.pool
        self._salt = core.api_key_salt

    async def all_of(self, caller: Caller) -> list[dict[str, Any]]:
        """All that are good."""
        async with self._pool.connection() as conn:
            found = await store.list_own(conn, caller.user.id)
        return [shown(key, caller) for key in found]

    async def create(self, caller: Caller, wish: KeyInput) -> dict[str, Any]:
        """Make one; the answer alone has the key itself."""
        account, secret = caller.user, new_api_key()
        if account.id == 0:
            raise AnonHasNoKeys
        async with self._pool.connection() as conn, conn.transaction():
            await key_store.lock_keys_of(conn, account.id)
            maker = await maker_of(conn, caller)
            await store.forget_ended(conn, account.id)
            if len(await store.list_own(conn, account.id)) >= MOST_KEYS:
                raise TooManyKeys
            hashed = key_hash(self._salt, secret)
            scopes = {Scope(each) for each in wish.scopes}
            key_id = await key_store.add_key(conn, account.id, hashed, name=wish.name, scopes=scopes)
            await _limit(conn, key_id, {name: getattr(wish, name) for name in _LIMITS})
            made = await _checked(conn, maker, key_id)
            await record(conn, actor_of(caller), "key.create", _of(key_id), new=_told(made), concerns=account.id)
        await self._heard(account.id)
        return {**shown(made, caller), "api_key": secret}

    async def change(self, caller: Caller, key_id: int, change: KeyChange) -> dict[str, Any]:
        """Change what is named; the key as it is now."""
        asked = change.model_fields_set
        if not asked:
            raise NoKeyModSelected
        async with self._pool.connection() as conn, conn.transaction():
            maker, before = await self._lock(conn, caller, key_id)
            columns: dict[str, Any] = {}
            if "name" in asked:
                columns["name"] = change.name
            if "scopes" in asked:
                columns["scopes"] = sorted(set(change.scopes))
                if Scope.FULL not in change.scopes:
                    await _check_not_last(conn, before)
            await store.change(conn, key_id, columns)
            await _limit(conn, key_id, {name: getattr(change, name) for name in _LIMITS if name in asked})
            after = await _checked(conn, maker, key_id)
            if "networks" in asked or "expires_in_hours" in asked or "scopes" in asked:
                await _hide_if_limited(conn, after)
            old, new = changed(_told(before), _told(after))
            await record(
                conn, actor_of(caller), "key.change", _of(key_id), old=old, new=new, concerns=before.account_id
            )
        await self._heard(before.account_id)
        return shown(after, caller)

    async def rotate(self, caller: Caller, key_id: int, overlap_hours: int) -> dict[str, Any]:
        """Replace the key itself; its name, limits and what it spent stay. The one before is good for the overlap."""
        secret = new_api_key()
        async with self._pool.connection() as conn, conn.transaction():
            maker, key = await self._lock(conn, caller, key_id)
            await store.rotate(conn, key_id, key_hash(self._salt, secret), overlap_hours=overlap_hours)
            after = await _checked(conn, maker, key_id)
            await record(
                conn,
                actor_of(caller),
                "key.rotate",
                _of(key_id),
                new={"overlap_hours": overlap_hours},
                concerns=key.account_id,
            )
        await self._heard(key.account_id)
        return {**shown(after, caller), "api_key": secret}

    async def revoke(self, caller: Caller, key_id: int) -> None:
        """End a key at once."""
        async with self._pool.connection() as conn, conn.transaction():
            _, key = await self._lock(conn, caller, key_id)
            await _check_not_last(conn, key)
            await key_store.hide_from_old_nodes(conn, key_id)
            await store.revoke(conn, key_id)
            await record(conn, actor_of(caller), "key.revoke", _of(key_id), old=_told(key), concerns=key.account_id)
        await self._heard(key.account_id)

    async def _lock(self, conn: Connection, caller: Caller, key_id: int) -> tuple[StoredKey, StoredKey]:
        """The key that is used, and the one that it changes."""
        await key_store.lock_keys_of(conn, caller.user.id)
        await lock_key(conn, key_id)
        if caller.user.id == 0:
            raise KeyNotFound
        maker = await maker_of(conn, caller)
        key = await store.find_own(conn, caller.user.id, key_id)
        if key is None:
            raise KeyNotFound
        return maker, key

    async def _heard(self, account_id: int) -> None:
        await self._core.announce("account", [str(account_id)])


async def maker_of(conn: Connection, caller: Caller) -> StoredKey:
    """The key that is used, as it is while an account's keys are locked. Raises `InvalidAPIKey`: just revoked."""
    maker = await store.find_own(conn, caller.user.id, caller.key.id) if caller.key is not None else None
    if maker is None:
        raise InvalidAPIKey
    return maker


def check_within(maker: StoredKey, *, expires_at: datetime | None, networks: list[str] | None) -> None:
    """Raise `KeyGrantsTooMuch` where the key that is used ends earlier, or is good from less networks."""
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        raise KeyGrantsTooMuch
    if maker.networks is not None and (networks is None or not all(_is_in(each, maker.networks) for each in networks)):
        raise KeyGrantsTooMuch


def _is_in(text: str, networks: list[str]) -> bool:
    inner = parse_network(text)
    return any(
        inner is not None and outer is not None and inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type] # of one version
        for outer in map(parse_network, networks)
    )


async def _limit(conn: Connection, key_id: int, limits: dict[str, Any]) -> None:
    """Set the limits that are named, as the wire says them."""
    columns: dict[str, Any] = {}
    if "expires_in_hours" in limits:
        hours = limits["expires_in_hours"]
        columns.update({"expires_at": None} if hours == NO_LIMIT else {"expires_in": hours * 3600.0})
    if "daily_kudos" in limits:
        columns["daily_hundredths"] = _hundredths(limits["daily_kudos"])
    for name in ("models", "networks"):
        if name in limits:
            columns[name] = list(dict.fromkeys(limits[name])) or None
    await store.change(conn, key_id, columns)
    if "kudos" in limits:
        await set_budget(conn, key_id, _hundredths(limits["kudos"]))


def _hundredths(kudos: int) -> int | None:
    return None if kudos == NO_LIMIT else kudos * 100


async def _checked(conn: Connection, maker: StoredKey, key_id: int) -> StoredKey:
    """The key as it will be, where the key that is used may make it so."""
    key = await store.find_own(conn, maker.account_id, key_id)
    assert key is not None  # of the caller's transaction, and good for an hour at least
    if Scope.FULL in key.scopes and (key.budget_hundredths, key.daily_hundredths, key.models) != (None, None, None):
        raise FullKeyNotLimited
    check_within(maker, expires_at=key.expires_at, networks=key.networks)
    return key


async def _check_not_last(conn: Connection, key: StoredKey) -> None:
    if Scope.FULL not in key.scopes:
        return
    others = await store.list_own(conn, key.account_id)
    if not any(Scope.FULL in other.scopes for other in others if other.id != key.id):
        raise LastFullKey


async def _hide_if_limited(conn: Connection, key: StoredKey) -> None:
    if Scope.FULL not in key.scopes or key.expires_at is not None or key.networks is not None:
        await key_store.hide_from_old_nodes(conn, key.id)


def _of(key_id: int) -> Subject:
    return subject("key", key_id)


def _told(key: StoredKey) -> dict[str, Any]:
    """What the audit trail tells of a key: how many networks, not which."""
    return {
        "name": key.name,
        "scopes": key.scopes,
        "expires": key.expires_at and key.expires_at.isoformat(),
        "kudos": _left(key),
        "daily_kudos": None if key.daily_hundredths is None else key.daily_hundredths // 100,
        "models": key.models,
        "networks": len(key.networks) if key.networks is not None else None,
    }


def _left(key: StoredKey) -> float | None:
    if key.budget_hundredths is None:
        return None
    return max(key.budget_hundredths - key.spent_hundredths, 0) / 100


def shown(key: StoredKey, caller: Caller) -> dict[str, Any]:
    """What the owner is told of a key; without what has no value."""
    times = {"last_used": key.last_used_at, "expires": key.expires_at, "old_key_until": key.old_key_until}
    told: dict[str, Any] = {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "created": _iso(key.created_at),
        "spent": key.spent_hundredths / 100,
        "spent_today": key.spent_today_hundredths / 100,
        "this_one": caller.key is not None and caller.key.id == key.id,
        **{name: None if at is None else _iso(at) for name, at in times.items()},
        "kudos": _left(key),
        "daily_kudos": None if key.daily_hundredths is None else key.daily_hundredths // 100,
        "models": key.models,
        "networks": key.networks,
    }
    return {name: value for name, value in told.items() if value is not None}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
