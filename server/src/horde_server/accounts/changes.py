"""Changes of a user (accounts.md §4.2): every right is checked first, then all is applied together."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from horde_server.accounts import store
from horde_server.accounts.creation import adjust_kudos
from horde_server.accounts.schemas import UserChange
from horde_server.database.pool import Connection
from horde_server.errors import HordeError, UserNotFound
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.floors import floor_hundredths
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
_BY_SELF = frozenset({"public_workers", "username", "contact", "generate_proxy_passkey", "undelete"})
_COLUMNS = (
    "usage_multiplier", "concurrency", "worker_invited", "flagged", "customizer", "vpn", "service", "special",
    "admin_comment", "public_workers", "username", "contact",
)  # fmt: skip
_EDUCATION_CONCURRENCY, _PLAIN_CONCURRENCY = 200, 30


class NoUserModSelected(HordeError):
    """Name at least one field to change."""

    rc = "NoUserModSelected"


class AnonForbiddenUserMod(HordeError):
    """The anonymous account cannot be changed this way."""

    status, rc = 403, "AnonForbiddenUserMod"


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
    """Apply a change; the new values of what was changed. Raises when the caller may not, and then changes nothing."""
    async with conn.transaction():
        account = await store.lock(conn, account_id)
        if account is None:
            raise UserNotFound
        asked = change.model_fields_set & (_BY_ADMIN | _BY_MODERATOR | _BY_SELF)
        _check_rights(asked, change, account_id, caller)
        for name, refusal in _PROFANE.items():
            if name in asked and profanity.is_profane(getattr(change, name)):
                raise refusal
        if "undelete" in asked and not account.deleted:
            raise UserNotDeleted
        updates, answer = _new_values(change, asked, account.concurrency)
        if "reset_suspicion" in asked:
            updates["suspicions"], answer["new_suspicion"] = [], 0
            await store.clear_workers(conn, account_id)
        if "generate_proxy_passkey" in asked:
            updates["proxy_passkey"] = answer["proxy_passkey"] = secrets.token_urlsafe(16)
        if "undelete" in asked:
            updates["deleted"], answer["undeleted"] = False, True
        if updates:
            await store.change(conn, account_id, updates)
        if updates.get("trusted") and not account.trusted:
            await store.free_workers(conn, account_id)
            await release_escrow(conn, [account_id])
        if "kudos" in asked:
            await adjust_kudos(conn, account_id, int(change.kudos) * 100)
            effective = max(await balance_hundredths(conn, account_id), floor_hundredths(account.kind))
            answer["new_kudos"] = effective / 100
        if "monthly_kudos" in asked:
            answer["monthly_kudos"] = await _entitle(conn, account_id, change.monthly_kudos)
        return answer


def _check_rights(asked: set[str] | frozenset[str], change: UserChange, account_id: int, caller: Caller) -> None:
    if not asked:
        raise NoUserModSelected
    if asked & _BY_ADMIN:
        caller.check(Right.ADMINISTER)
    if asked & _BY_MODERATOR:
        caller.check(Right.MODERATE)
    if asked & _BY_SELF:
        if account_id == 0:
            raise AnonForbiddenUserMod
        if caller.user.id != account_id:
            caller.check(Right.MODERATE)
    if "generate_proxy_passkey" in asked and not caller.user.service:
        raise NonServiceForbidden
    if "username" in asked and len(change.username) > 30:
        raise TooLongUserName


def _new_values(change: UserChange, asked: set[str], concurrency: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns to set, what one role brings with it included, and what the answer tells of them."""
    updates: dict[str, Any] = {name: getattr(change, name) for name in _COLUMNS if name in asked}
    answer = dict(updates)
    if "moderator" in asked:
        updates["moderator"] = answer["moderator"] = change.moderator
        if change.moderator:
            updates["trusted"] = True
    if "trusted" in asked:
        updates["trusted"] = answer["trusted"] = change.trusted or updates.get("trusted", False)
    if "education" in asked:
        updates["education"] = answer["education"] = change.education
        if "concurrency" not in asked:
            updates["concurrency"] = _education_concurrency(concurrency, becomes=change.education)
        answer["concurrency"] = updates["concurrency"]
    return updates, answer


def _education_concurrency(current: int, *, becomes: bool) -> int:
    if becomes:
        return max(current, _EDUCATION_CONCURRENCY)
    return _PLAIN_CONCURRENCY if current == _EDUCATION_CONCURRENCY else current


async def _entitle(conn: Connection, account_id: int, change: int) -> int:
    """Raise or lower the monthly kudos; a rise is paid at once."""
    monthly = await store.change_monthly_kudos(conn, account_id, change)
    if change > 0:
        await post(conn, [Movement(uuid4(), EntryKind.MONTHLY, MINTED, spendable(account_id), change * 100)])
    return monthly
