"""Users as the API shows and changes them; all nodes hear of a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from horde_server.accounts.changes import change_user
from horde_server.accounts.creation import NewAccount, create_account, set_kudos
from horde_server.accounts.schemas import TestUser, UserChange
from horde_server.accounts.view import user_body
from horde_server.database.pool import Pool
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.identity.caller import Caller
from horde_server.identity.directory import AccountDirectory
from horde_server.kudos.ledger_store import balance_hundredths
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.workers.directory import WorkerDirectory

_LISTED_KINDS = ("image", "text")
"""Kinds whose open requests are listed; forms are not, here as on the original (accounts.md §1.2)."""


class Users:
    """All users of the horde."""

    def __init__(
        self,
        pool: Pool,
        accounts: AccountDirectory,
        publish: Callable[[str, Iterable[str]], None],
        queues: Mapping[str, LiveQueue],
        workers: WorkerDirectory,
        profanity: ProfanityFilter,
    ) -> None:
        self._pool = pool
        self._accounts = accounts
        self._publish = publish
        self._queues = queues
        self._workers = workers
        self._profanity = profanity

    async def show(self, account_id: int, privilege: int) -> dict[str, Any]:
        """The user object for a viewer of this privilege (`view.py`). Raises `UserNotFound`."""
        open_requests = {
            kind: [str(request_id) for request_id in self._queues[kind].requests_of(account_id)] if account_id else []
            for kind in _LISTED_KINDS
        }
        async with self._pool.connection() as conn:
            return await user_body(conn, account_id, privilege, open_requests)

    async def change(self, account_id: int, wanted: UserChange, caller: Caller) -> dict[str, Any]:
        """Apply a change; the new values of what was changed. A refused change changes nothing."""
        async with self._pool.connection() as conn:
            answer = await change_user(conn, account_id, wanted, caller, self._profanity)
        self._accounts.invalidate(account_id)
        await self._workers.reload_of([account_id])  # they may be freed, or trusted
        self._publish("account", [str(account_id)])
        return answer

    async def make_trial_account(self, wanted: TestUser) -> tuple[NewAccount, float]:
        """Make an account for tests of programs, or renew it; its kudos, which `wanted` may set."""
        async with self._pool.connection() as conn, conn.transaction():
            made = await create_account(
                conn,
                wanted.username,
                moderator=wanted.moderator,
                trusted=wanted.trusted,
                external_id=wanted.oauth_id,
            )
            if wanted.kudos is not None:
                await set_kudos(conn, made.id, wanted.kudos * 100)
            kudos = await balance_hundredths(conn, made.id) / 100
        self._accounts.invalidate(made.id)
        self._publish("account", [str(made.id)])
        return made, kudos
