"""Changing a user (accounts.md §4.2): every right is checked first, then all is applied together."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from horde_server.accounts.creation import adjust_kudos, balance_hundredths
from horde_server.accounts.schemas import UserChange
from horde_server.database.pool import Connection
from horde_server.errors import HordeError, NotAdmin, NotModerator, UserNotFound
from horde_server.identity.directory import Account
from horde_server.identity.floors import floor_hundredths
from horde_server.kudos.fold import release_escrow
from horde_server.kudos.ledger import MINTED, EntryKind, Movement, post, spendable
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
    caller: Account,
    profanity: ProfanityFilter,
    *,
    is_admin: bool,
) -> dict[str, Any]:
    """Apply a change; the new values of what was changed. Raises when the caller may not, and then changes nothing."""
    async with conn.transaction():
        cursor = await conn.execute(
            "SELECT kind, concurrency, deleted, trusted FROM account WHERE id = %s FOR UPDATE", (account_id,)
        )
        row = await cursor.fetchone()
        if row is None:
            raise UserNotFound
        kind, concurrency, is_deleted, was_trusted = row
        asked = change.model_fields_set & (_BY_ADMIN | _BY_MODERATOR | _BY_SELF)
        _check_rights(asked, change, account_id, caller, is_admin=is_admin)
        for name, refusal in _PROFANE.items():
            if name in asked and profanity.is_profane(getattr(change, name)):
                raise refusal
        if "undelete" in asked and not is_deleted:
            raise UserNotDeleted
        updates, answer = _new_values(change, asked, concurrency)
        if "reset_suspicion" in asked:
            updates["suspicions"], answer["new_suspicion"] = [], 0
            await conn.execute("UPDATE worker SET suspicions = '{}' WHERE account_id = %s", (account_id,))
        if "generate_proxy_passkey" in asked:
            updates["proxy_passkey"] = answer["proxy_passkey"] = secrets.token_urlsafe(16)
        if "undelete" in asked:
            updates["deleted"], answer["undeleted"] = False, True
        if updates:
            columns = ", ".join(f"{name} = %({name})s" for name in updates)
            await conn.execute(
                f"UPDATE account SET {columns} WHERE id = %(account_id)s", {**updates, "account_id": account_id}
            )
        if updates.get("trusted") and not was_trusted:
            await conn.execute("UPDATE worker SET paused = false WHERE account_id = %s", (account_id,))
            await release_escrow(conn, [account_id])
        if "kudos" in asked:
            await adjust_kudos(conn, account_id, int(change.kudos) * 100)
            effective = max(await balance_hundredths(conn, account_id), floor_hundredths(kind))
            answer["new_kudos"] = effective / 100
        if "monthly_kudos" in asked:
            answer["monthly_kudos"] = await _entitle(conn, account_id, change.monthly_kudos)
        return answer


def _check_rights(
    asked: set[str] | frozenset[str], change: UserChange, account_id: int, caller: Account, *, is_admin: bool
) -> None:
    if not asked:
        raise NoUserModSelected
    if asked & _BY_ADMIN and not is_admin:
        raise NotAdmin
    is_moderator = caller.moderator or is_admin
    if asked & _BY_MODERATOR and not is_moderator:
        raise NotModerator
    if asked & _BY_SELF:
        if account_id == 0:
            raise AnonForbiddenUserMod
        if caller.id != account_id and not is_moderator:
            raise NotModerator
    if "generate_proxy_passkey" in asked and not caller.service:
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
    cursor = await conn.execute(
        """UPDATE account SET monthly_kudos = greatest(monthly_kudos + %(change)s, 0),
               monthly_kudos_last_received = CASE WHEN %(change)s > 0 THEN coalesce(monthly_kudos_last_received, now())
                                                  ELSE monthly_kudos_last_received END
           WHERE id = %(id)s RETURNING monthly_kudos""",
        {"change": change, "id": account_id},
    )
    row = await cursor.fetchone()
    if change > 0:
        await post(conn, [Movement(uuid4(), EntryKind.MONTHLY, MINTED, spendable(account_id), change * 100)])
    return int(row[0]) if row else 0
