"""Users as the API lists, shows and changes them; all nodes hear of a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from horde_server.accounts.changes import change_user
from horde_server.accounts.creation import NewAccount, create_account, set_kudos
from horde_server.accounts.ranking import UserRanking
from horde_server.accounts.ranking_store import Order
from horde_server.accounts.schemas import TestUser, UserChange
from horde_server.accounts.view import UserViews
from horde_server.core import Core
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.identity.caller import Caller
from horde_server.kudos.ledger_store import balance_hundredths
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.slice import Slices

_LISTED_KINDS = ("image", "text")
"""Kinds whose open requests are listed; forms are not, here as on the original (accounts.md §1.2)."""


class Users:
    """All users of the horde."""

    def __init__(self, core: Core, slices: Slices, queues: Mapping[str, LiveQueue], profanity: ProfanityFilter) -> None:
        self._core = core
        self._pool = core.pool
        self._queues = queues
        self._profanity = profanity
        self._ranking = UserRanking(core.monotonic)
        self._views = UserViews(slices, core.settings.admin_ids, self._open_requests)

    async def show(self, account_id: int, privilege: int) -> dict[str, Any]:
        """The user object for a viewer of this privilege (`view.py`). Raises `UserNotFound`."""
        async with self._pool.connection() as conn:
            return await self._views.one(conn, account_id, privilege)

    async def page(self, number: int, order: Order) -> list[dict[str, Any]]:
        """A page of users as anybody may see them."""
        async with self._pool.connection() as conn:
            return await self._views.page(conn, await self._ranking.page(conn, number, order))

    async def change(self, account_id: int, wanted: UserChange, caller: Caller) -> dict[str, Any]:
        """Apply a change; the new values of what was changed. A refused change changes nothing."""
        async with self._pool.connection() as conn:
            answer = await change_user(conn, account_id, wanted, caller, self._profanity)
        await self._core.announce("account", [str(account_id)])  # its workers may be freed, or trusted
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
        await self._core.announce("account", [str(made.id)])
        return made, kudos

    def _open_requests(self, account_id: int) -> dict[str, list[str]]:
        """Ids of an account's open requests, from memory; of Anonymous, who is everybody, none."""
        return {
            kind: [str(request_id) for request_id in self._queues[kind].requests_of(account_id)] if account_id else []
            for kind in _LISTED_KINDS
        }
