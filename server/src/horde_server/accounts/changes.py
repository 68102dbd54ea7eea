"""Changes of a user (accounts.md §4.2): every right is checked first, then all is applied together and recorded."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from horde_server.accounts import store
from horde_server.accounts.creation import adjust_kudos
from horde_server.accounts.schemas import UserChange
from horde_server.audit.trail import Actor, actor_of, changed, record, subject
from horde_server.database.pool import Connection
from horde_server.errors import DeletedUser, HordeError, UserNotFound
from horde_server.http.rights import Right
from horde_server.identity import passkey_store
from horde_server.identity.caller import Caller
from horde_server.identity.floors import floor_hundredths
from horde_server.identity.keys import key_hash, new_api_key
from horde_server.identity.secret_store import load_secret
from horde_server.kudos.fold_store import release_escrow
from horde_server.kudos.ledger import MINTED, EntryKind, Movement, spendable
from horde_server.kudos.ledger_store import balance_hundredths, post
from horde_server.moderation.profanity import ProfanityFilter

_BY_ADMIN = frozenset({"kudos", "monthly_kudos", "usage_multiplier", "moderator"})
_BY_MODERATOR = frozenset(
    [
        "concurrency",
        "worker_invited",
        "trusted",
        "flagged",
        "customizer",
        "vpn",
        "service",
        "education",
        "special",
        "reset_suspicion",
        "admin_comment",
    ]
)
_BY_SELF = frozenset({"public_workers", "username", "contact", "model_aliases", "generate_proxy_passkey", "undelete"})
_COLUMNS = (
    "usage_multiplier", "concurrency", "worker_invited", "flagged", "customizer", "vpn", "service", "special",
    "admin_comment", "public_workers", "username", "contact", "model_aliases",
)  # fmt: skip
FIELDS: Final = _BY_ADMIN | _BY_MODERATOR | _BY_SELF
_ROLES: Final = ("moderator", "trusted", "flagged", "customizer", "vpn", "service", "education", "special")
_NOT_OF_ANONYMOUS: Final = frozenset((*_ROLES, "reset_suspicion"))
"""Asked of Anonymous, they change nothing; the answer has them as they are."""
_OF_WORKERS: Final = frozenset({"moderator", "trusted", "reset_suspicion"})
"""What changes the workers too."""
ANONYMOUS: Final = 0
_EDUCATION_CONCURRENCY, _PLAIN_CONCURRENCY = 200, 30


class NoUserModSelected(HordeError):
    """Name at least one field to change."""

    rc = "NoUserModSelected"


class AnonForbiddenUserMod(HordeError):
    """The anonymous account cannot be changed this way."""

    status, rc = 403, "AnonForbiddenUserMod"


MOST_NAME_CHARACTERS: Final = 30


class TooLongUserName(HordeError):
    """User names have at most 30 characters."""

    rc = "TooLongUserName"


class ProfaneUserName(HordeError):
    """This user name contains inappropriate language: choose another name."""

    rc = "ProfaneUserName"


class ProfaneUserContact(HordeError):
    """This contact contains inappropriate language: write another one."""

    rc = "ProfaneUserContact"


class ProfaneAdminComment(HordeError):
    """This comment contains inappropriate language: write another one."""

    rc = "ProfaneAdminComment"


class NonServiceForbidden(HordeError):
    """Only service accounts may make proxy passkeys."""

    status, rc = 403, "NonServiceForbidden"


class UserNotDeleted(HordeError):
    """This user is not scheduled for deletion."""

    rc = "UserNotDeleted"


_PROFANE: dict[str, type[HordeError]] = {
    "admin_comment": ProfaneAdminComment,
    "username": ProfaneUserName,
    "contact": ProfaneUserContact,
}


async def change_user(
    conn: Connection,
    account_id: int,
    change: UserChange,
    caller: Caller,
    profanity: ProfanityFilter,
) -> dict[str, Any]:
    """Apply what the caller may change; the new values of what was changed. Else raises, and changes nothing."""
    asked = FIELDS & change.model_fields_set
    async with conn.transaction():
        if await store.lock(conn, account_id, with_workers=bool(asked & _OF_WORKERS)) is None:
            raise UserNotFound
        _check_rights(asked, change, account_id, caller)
        return await apply_change(conn, account_id, change, actor_of(caller), profanity)


async def apply_change(
    conn: Connection,
    account_id: int,
    change: UserChange,
    actor: Actor,
    profanity: ProfanityFilter,
    *,
    why: str | None = None,
) -> dict[str, Any]:
    """Apply a change, whoever may, and record it; the new values of what was changed.

    Raises `UserNotFound` and the refusals of what is asked for (accounts.md §4.7), and then changes nothing.
    """
    asked = FIELDS & change.model_fields_set
    async with conn.transaction():
        account = await store.lock(conn, account_id, with_workers=bool(asked & _OF_WORKERS))
        if account is None:
            raise UserNotFound
        _check_values(change, asked, account, profanity)
        updates, answer = _new_values(change, asked, account)
        if "reset_suspicion" in asked:
            answer["new_suspicion"] = 0
            if account_id != ANONYMOUS:
                updates["suspicions"] = []
                await store.clear_workers(conn, account_id)
        if "undelete" in asked:
            updates["deleted"], updates["deleted_at"], answer["undeleted"] = False, None, True
        if updates:
            await store.change(conn, account_id, updates)
        if updates.get("trusted") and not account["trusted"]:
            await store.free_workers(conn, account_id)
            await release_escrow(conn, [account_id])
        if "generate_proxy_passkey" in asked:
            answer["proxy_passkey"] = await _new_passkey(conn, account_id)
        if "kudos" in asked:
            await adjust_kudos(conn, account_id, int(change.kudos) * 100)
            effective = max(await balance_hundredths(conn, account_id), floor_hundredths(account["kind"]))
            answer["new_kudos"] = effective / 100
        if "monthly_kudos" in asked:
            answer["monthly_kudos"] = await _entitle(conn, account_id, change.monthly_kudos)
        await _record(conn, actor, account, updates, answer, change, why)
        return answer


async def _record(
    conn: Connection,
    actor: Actor,
    account: dict[str, Any],
    updates: dict[str, Any],
    answer: dict[str, Any],
    change: UserChange,
    why: str | None,
) -> None:
    """Entries of the audit trail: of what is now another than it was, and of kudos and passkeys that were made."""
    account_id: int = account["id"]
    after = {name: value for name, value in updates.items() if name not in ("suspicions", "deleted", "deleted_at")}
    if "monthly_kudos" in answer:
        after["monthly_kudos"] = answer["monthly_kudos"]
    if "suspicions" in updates:
        after["suspicious"] = 0
    before = {name: len(account["suspicions"]) if name == "suspicious" else account[name] for name in after}
    old, new = changed(before, after)
    if "new_kudos" in answer:
        new["kudos_added"] = int(change.kudos)
    if "proxy_passkey" in answer:
        new["proxy_passkey_made"] = True  # never the passkey itself
    of = subject("account", account_id)
    if old or new:
        await record(conn, actor, "account.change", of, old=old, new=new, why=why, concerns=account_id)
    if "undeleted" in answer:
        await record(conn, actor, "account.undelete", of, why=why, concerns=account_id)


def _check_rights(asked: frozenset[str], change: UserChange, account_id: int, caller: Caller) -> None:
    if caller.user.deleted and not (asked == {"undelete"} and caller.user.id == account_id):
        raise DeletedUser
    if not asked:
        raise NoUserModSelected
    if asked & _BY_ADMIN:
        caller.check(Right.ADMINISTER)
    if asked & _BY_MODERATOR:
        caller.check(Right.MODERATE)
    if asked & _BY_SELF:
        if account_id == ANONYMOUS:
            raise AnonForbiddenUserMod
        if caller.user.id != account_id:
            caller.check(Right.MODERATE)
    if "generate_proxy_passkey" in asked and not caller.user.service:
        raise NonServiceForbidden
    if "username" in asked and len(change.username) > MOST_NAME_CHARACTERS:
        raise TooLongUserName


def _check_values(
    change: UserChange, asked: frozenset[str], account: dict[str, Any], profanity: ProfanityFilter
) -> None:
    if not asked:
        raise NoUserModSelected
    for name, refusal in _PROFANE.items():
        if name in asked and profanity.is_profane(getattr(change, name)):
            raise refusal
    if "undelete" in asked and not account["deleted"]:
        raise UserNotDeleted


def _new_values(
    change: UserChange, asked: frozenset[str], account: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns to set, what one role brings with it included, and what the answer tells of them."""
    answer: dict[str, Any] = {}
    if account["id"] == ANONYMOUS:
        answer = {name: account[name] for name in _ROLES if name in asked}
        asked -= _NOT_OF_ANONYMOUS
    updates: dict[str, Any] = {name: getattr(change, name) for name in _COLUMNS if name in asked}
    answer |= updates
    if "moderator" in asked:
        updates["moderator"] = answer["moderator"] = change.moderator
        if change.moderator:
            updates["trusted"] = True
    if "trusted" in asked:
        updates["trusted"] = answer["trusted"] = change.trusted or updates.get("trusted", False)
    if "education" in asked:
        updates["education"] = answer["education"] = change.education
        if "concurrency" not in asked:
            updates["concurrency"] = _education_concurrency(account["concurrency"], becomes=change.education)
        answer["concurrency"] = updates["concurrency"]
    return updates, answer


def _education_concurrency(current: int, *, becomes: bool) -> int:
    if becomes:
        return max(current, _EDUCATION_CONCURRENCY)
    return _PLAIN_CONCURRENCY if current == _EDUCATION_CONCURRENCY else current


async def _new_passkey(conn: Connection, account_id: int) -> str:
    """A fresh passkey, which is shown once; only its hash is kept."""
    passkey = new_api_key()
    await passkey_store.set_passkey(conn, account_id, key_hash(await load_secret(conn, "api_key_salt"), passkey))
    return passkey


async def _entitle(conn: Connection, account_id: int, change: int) -> int:
    """Raise or lower the monthly kudos; a rise is paid at once."""
    monthly = await store.change_monthly_kudos(conn, account_id, change)
    if change > 0:
        await post(conn, [Movement(uuid4(), EntryKind.MONTHLY, MINTED, spendable(account_id), change * 100)])
    return monthly
