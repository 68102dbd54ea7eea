"""Teams, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.slice import Slice
from horde_server.teams import store
from horde_server.teams.routes import routes
from horde_server.teams.service import TeamService


class Teams(Slice):
    """Workers whose work is counted together."""

    def __init__(self, core: Core, identity: Identity, moderation: Moderation, dispatch: Dispatch) -> None:
        self._door = identity.door
        self._teams = TeamService(
            core.pool,
            moderation.profanity,
            core.workers_changed,
            usual_speed=dispatch.kinds["image"].default_speed,
        )

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """The teams that it made, unless others serve in them."""
        await store.forget_account(conn, account_id)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Looking teams up, making and changing them."""
        return [routes(self._teams, self._door)]
