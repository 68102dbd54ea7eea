"""Everybody who may call a server: without a key, with one that is no good, and with each role and scope.

A new kind of caller – a shared key, a key whose budget is spent, one from the wrong network – is one entry of `CALLERS`
and the line in `make_keys` that gives it its key; `Caller` says what the door should make of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import psycopg
from hordes import Horde

from horde_server.errors import DeletedUser, HordeError, InvalidAPIKey, NotAdmin, NotModerator
from horde_server.http.declared_routes import ASKED_LATER, Declaration
from horde_server.http.rights import KEYLESS, Right
from horde_server.identity import key_store
from horde_server.identity.caller import SCOPES, KeyLacksScope, KeyNetworkForbidden
from horde_server.identity.keys import ANONYMOUS_KEY, Scope, key_hash, new_api_key
from horde_server.identity.secret_store import load_secret

Outcome = tuple[int, str | None]
"""Status and return code."""
ROOT: Final = "root#1"
"""Who administers, in the setting `admins`: the first account."""
_MISSING: Final = (400, None)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What is known of who calls before anything is looked at."""

    sends: str = "a key"  # or: nothing, an empty key, a dead key
    scopes: frozenset[Scope] = frozenset({Scope.FULL})
    moderates: bool = False
    administers: bool = False
    is_elsewhere: bool = False  # than where the key may be used
    is_deleted: bool = False  # its account is marked for deletion
    is_shared: bool = False  # a shared key, which is nobody's where those are not taken


CALLERS: Final = {
    "no key": Caller(sends="nothing"),
    "empty key": Caller(sends="an empty key"),
    "unknown key": Caller(sends="a dead key"),
    "expired key": Caller(sends="a dead key"),
    "revoked key": Caller(sends="a dead key"),
    "anonymous": Caller(),
    "user": Caller(),
    "owner": Caller(),
    "trusted": Caller(),
    "flagged": Caller(),
    "deleted": Caller(is_deleted=True),
    "moderator": Caller(moderates=True),
    "shared key": Caller(scopes=frozenset({Scope.ASK}), is_shared=True),
    "spent shared key": Caller(scopes=frozenset({Scope.ASK}), is_shared=True),
    "spent key": Caller(scopes=frozenset({Scope.ASK}), moderates=True, administers=True),
    "wrong network": Caller(moderates=True, administers=True, is_elsewhere=True),
    "administrator": Caller(moderates=True, administers=True),
    **{f"scope {scope}": Caller(scopes=frozenset({scope}), moderates=True, administers=True) for scope in Scope},
}
"""By name. `owner` owns what the call is about; the scopes are of keys of the administrator."""


async def make_keys(horde: Horde) -> dict[str, str | None]:
    """A key for each of them, on a horde whose first account is the administrator."""
    root = await horde.account("root", moderator=True, kudos=100_000)
    accounts = {
        "user": await horde.account("user", kudos=1000),
        "owner": await horde.account("owner", kudos=1000),
        "trusted": await horde.account("trusted", trusted=True, kudos=1000),
        "flagged": await horde.account("flagged", {"flagged": True}, kudos=1000),
        "deleted": await horde.account("deleted", {"deleted": True}, kudos=1000),
        "moderator": await horde.account("moderator", moderator=True, kudos=1000),
        "administrator": root,
    }
    ends = {"expired key": "expires_at = now() - interval '1 second'", "revoked key": "revoked_at = now()"}
    keys: dict[str, str | None] = {name: account.api_key for name, account in accounts.items()}
    for name, end in ends.items():
        keys[name] = await add_key(horde, root.id, [Scope.FULL], name)
        await horde.sql(f"UPDATE api_key SET {end} WHERE name = %s", name)
    for scope in Scope:
        keys[f"scope {scope}"] = await add_key(horde, root.id, [scope], f"for {scope}")
    for name, kudos in (("shared key", 5000), ("spent shared key", 0)):
        made = await horde.client.put("/api/v2/sharedkeys", json={"kudos": kudos}, headers={"apikey": root.api_key})
        assert made.status_code == 200, made.text
        keys[name] = made.json()["id"]
    keys["spent key"] = await add_key(horde, root.id, [Scope.ASK], "spent")
    await horde.sql("UPDATE api_key SET budget_hundredths = 0 WHERE name = 'spent'")
    keys["wrong network"] = await add_key(horde, root.id, [Scope.FULL], "elsewhere")
    await horde.sql("UPDATE api_key SET networks = '{192.0.2.0/24}' WHERE name = 'elsewhere'")
    keys |= {"no key": None, "empty key": "", "unknown key": "k" * 22, "anonymous": ANONYMOUS_KEY}
    assert keys.keys() == CALLERS.keys()
    return keys


async def add_key(horde: Horde, account_id: int, scopes: Iterable[Scope], name: str) -> str:
    """One more key of an account."""
    key = new_api_key()
    async with await psycopg.AsyncConnection.connect(horde.dsn, autocommit=True) as conn:
        hashed = key_hash(await load_secret(conn, "api_key_salt"), key)
        await key_store.add_key(conn, account_id, hashed, name=name, scopes=list(scopes))
    return key


def at_the_door(declaration: Declaration, caller: Caller) -> Outcome | None:
    """How a route answers by its declaration alone; None: whoever calls so is let in."""
    right = declaration.right
    if right in KEYLESS:
        return None
    if caller.sends in ("nothing", "an empty key"):
        if right is Right.ANYBODY_NAMED:
            return None
        if declaration.no_key is not None:
            return told(declaration.no_key)
        if caller.sends == "nothing":
            return _MISSING
    if caller.sends != "a key" or (caller.is_shared and not declaration.shared_keys):
        if declaration.unknown_key is ASKED_LATER:
            return None if right is Right.ANYBODY_NAMED else told(InvalidAPIKey)
        return told(declaration.unknown_key or InvalidAPIKey)
    if caller.is_deleted and declaration.deleted_user is not ASKED_LATER:
        return told(declaration.deleted_user or DeletedUser)
    if caller.is_elsewhere:
        return told(KeyNetworkForbidden)
    if caller.scopes.isdisjoint(SCOPES[right]):
        return told(KeyLacksScope)
    if right is Right.MODERATE and not caller.moderates:
        return told(NotModerator)
    if right is Right.ADMINISTER and not caller.administers:
        return told(NotAdmin)
    return None


def told(refusal: type[HordeError]) -> Outcome:
    """Status and return code of a refusal."""
    return refusal.status, refusal().code
