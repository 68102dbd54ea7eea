"""Deleting an account, in two steps (accounts.md §7): it is marked, and after a while of grace wiped.

A marked account does nothing any more but say who it is, be taken back, or be wiped. Wiping takes all that tells of the
person, here and in every other slice (`Slice.wipe`); number, balance and history stay, so that the books balance.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

import structlog
from psycopg import IntegrityError

from horde_server.accounts import deletion_store as store
from horde_server.audit import store as audit_store
from horde_server.audit.trail import HORDE, Actor, actor_of, record, subject
from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.dispatch import store as request_store
from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.mirror import Mirror
from horde_server.errors import DeletedUser, HordeError, UserNotFound
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.slice import Slices
from horde_server.tasks.kind import Backoff, NoArgs, TaskKind
from horde_server.workers import store as worker_store

log = structlog.get_logger(__name__)

INACTIVE_DAYS: Final = 30
"""An account that was active within so many days is not wiped at its owner's word."""
_ANONYMOUS: Final = 0
_SETTLE_TIMES = "* * * * *"
_MOST_AT_ONCE = 100
_SETTLE = TaskKind("accounts.settle_deleted", NoArgs, Backoff(attempts=3))


class AnonForbiddenUser(HordeError):
    """The anonymous account deletes nobody, and is not deleted itself."""

    status, rc = 403, "AnonForbiddenUser"


class CannotDeleteMod(HordeError):
    """Moderators and administrators are not deleted: have the role taken away first."""

    status, rc = 403, "CannotDeleteMod"


class NotUserOrMod(HordeError):
    """Only the user and moderators may delete this account."""

    status, rc = 403, "NotUserOrMod"


class CannotWipeActiveUser(HordeError):
    """This account is marked for deletion, and was active too lately to be wiped: it is by itself, after a while."""

    status, rc = 403, "CannotWipeActiveUser"


async def mark_from_outside(
    conn: Connection, account_id: int, actor: Actor, admin_ids: Collection[int], *, why: str | None = None
) -> bool:
    """Mark an account from a process that is no node; False when it was marked before.

    Running nodes take back what waits of it within a minute. Raises `UserNotFound` and who is never deleted.
    """
    async with conn.transaction():
        account = await store.find(conn, account_id)
        if account is None:
            raise UserNotFound
        _refuse_undeletable(account_id, account, admin_ids)
        if not await store.mark(conn, account_id):
            return False
        await record(conn, actor, "account.delete", subject("account", account_id), why=why, concerns=account_id)
        return True


def _refuse_undeletable(account_id: int, account: store.Deletable, admin_ids: Collection[int]) -> None:
    if account_id == _ANONYMOUS:
        raise AnonForbiddenUser
    if account.is_moderator or account_id in admin_ids:
        raise CannotDeleteMod


class AccountDeletion:
    """Marks accounts for deletion, and wipes them."""

    def __init__(self, core: Core, slices: Slices, mirror: Mirror) -> None:
        self._core = core
        self._slices = slices
        self._mirror = mirror
        self._grace_days = core.settings.deleted_account_retention_days
        core.tasks.every(_SETTLE_TIMES, _SETTLE, self.settle)

    async def delete(self, account_id: int, caller: Caller) -> None:
        """The first time mark it, the second time wipe it. Raises `UserNotFound` and the refusals of accounts.md §7."""
        user = caller.user
        if user.id == _ANONYMOUS:
            raise AnonForbiddenUser
        async with self._core.pool.connection() as conn:
            account = await store.find(conn, account_id)
            if account is None:
                raise UserNotFound
            _refuse_undeletable(account_id, account, self._core.settings.admin_ids)
            if user.id != account_id:
                if user.deleted:
                    raise DeletedUser
                if not caller.may(Right.MODERATE):
                    raise NotUserOrMod
            if not account.is_marked:
                await self._mark(conn, account_id, actor_of(caller))
            elif account.inactive_s > timedelta(days=INACTIVE_DAYS).total_seconds():
                await self._wipe(conn, account_id, actor_of(caller))
            else:
                raise CannotWipeActiveUser

    async def settle(self) -> None:
        """Wipe the accounts whose grace is over, and take back what still waits of marked ones.

        A request can be taken at the very moment of the mark, by another node; and `horde admin` marks without one.
        """
        async with self._core.pool.connection() as conn:
            if waiting := await request_store.waiting_of_deleted(conn):
                async with conn.transaction():
                    cancelled = await self._mirror.cancel_waiting_of(conn, waiting)
                self._tell(cancelled)
            for account_id in await store.due(conn, after_days=self._grace_days, most=_MOST_AT_ONCE):
                try:
                    await self._wipe(conn, account_id, HORDE)
                except IntegrityError:  # something that we do not know refers to it: loud, and the others go on
                    log.exception("accounts.not_wiped", account=account_id)

    async def _mark(self, conn: Connection, account_id: int, actor: Actor) -> None:
        """It asks for nothing more, what waits of it is taken back, and its workers let go of what they hold."""
        async with conn.transaction():
            # requests and workers before the account, as everybody locks them
            states = await self._mirror.cancel_waiting_of(conn, [account_id])
            workers = await worker_store.workers_of(conn, account_id)
            returned = [await self._mirror.take_back(conn, worker_id) for worker_id in workers]
            if await store.mark(conn, account_id):
                await record(conn, actor, "account.delete", subject("account", account_id), concerns=account_id)
        self._tell(states)
        for taken in returned:
            self._mirror.taken_back(taken)
        await self._core.announce("account", [str(account_id)])
        log.info("accounts.marked", account=account_id, cancelled_requests=len(states))

    async def _wipe(self, conn: Connection, account_id: int, actor: Actor) -> None:
        async with conn.transaction():
            if not await store.lock_to_wipe(conn, account_id):
                return  # somebody else wiped it, or took its deletion back, a moment ago
            workers = await worker_store.workers_of(conn, account_id)
            await self._slices.wipe(conn, account_id)
            await store.wipe(conn, account_id)
            await audit_store.forget_texts(conn, account_id)
            await record(conn, actor, "account.wipe", subject("account", account_id), concerns=account_id)
        await self._core.workers_changed(workers)
        await self._core.announce("account", [str(account_id)])
        log.info("accounts.wiped", account=account_id, workers=len(workers))

    def _tell(self, states: list[RequestState]) -> None:
        for state in states:
            self._mirror.changed(state)
