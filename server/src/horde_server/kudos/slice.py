"""Kudos, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

import structlog
from fastapi import APIRouter

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.kudos import transfer_store
from horde_server.kudos.fold import fold, promote_due
from horde_server.kudos.grants import GRANT, Grants
from horde_server.kudos.routes import routes
from horde_server.kudos.service import KudosGifts
from horde_server.kudos.statements import Statements
from horde_server.periodic import every
from horde_server.slice import Slice

log = structlog.get_logger(__name__)

_PROMOTE_EVERY_S = 60.0
_GRANT_TIMES = "7 * * * *"


class Kudos(Slice):
    """Transfers, awards and monthly grants; folds the ledger's inbox into balances, and promotes who earned trust."""

    def __init__(self, core: Core, identity: Identity) -> None:
        self._core = core
        self._accounts, self._door = identity.accounts, identity.door
        self._gifts = KudosGifts(core)
        self._statements = Statements(core.pool)
        core.tasks.every(_GRANT_TIMES, GRANT, Grants(core.pool).pay)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Giving kudos, and statements."""
        return [routes(self._gifts, self._statements, self._door)]

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Fold and promote."""
        return {
            "fold": every(self._core.settings.fold_interval_s, self._fold),
            "promote": every(_PROMOTE_EVERY_S, self._promote),
        }

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """The words its programs chose for transfers; the movements stay, as the books must balance."""
        await transfer_store.forget_idempotency_keys(conn, account_id)

    async def _fold(self) -> None:
        threshold = self._core.settings.kudos_trust_threshold
        while (changed := await fold(self._core.pool, trust_threshold=threshold)) is not None:
            await self._accounts.renew(changed.account_ids)
            await self._welcome(changed.promoted)
            if not changed.is_full:
                return

    async def _promote(self) -> None:
        threshold = self._core.settings.kudos_trust_threshold
        if threshold is not None:
            await self._welcome(await promote_due(self._core.pool, trust_threshold=threshold))

    async def _welcome(self, promoted: list[int]) -> None:
        """Let all nodes know who is trusted now."""
        if promoted:
            log.info("accounts.promoted", accounts=promoted)
            await self._core.announce("account", [str(account_id) for account_id in promoted])
