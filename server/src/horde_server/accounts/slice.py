"""Users, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.accounts.routes import routes
from horde_server.accounts.trial_accounts import routes as trial_routes
from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.slice import Slice
from horde_server.workers.directory import WorkerDirectory


class Accounts(Slice):
    """Showing and changing users."""

    def __init__(
        self,
        core: Core,
        identity: Identity,
        profanity: ProfanityFilter,
        dispatch: Dispatch,
        workers: WorkerDirectory,
    ) -> None:
        self._core = core
        self._accounts = identity.accounts
        self._profanity = profanity
        self._queues = dispatch.queues
        self._workers = workers

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Users; accounts for tests of programs, where the horde allows them."""
        core = self._core
        yield routes(
            core.settings, core.pool, self._accounts, core.publish, self._queues, self._workers, self._profanity
        )
        if core.settings.test_apikeys:
            yield trial_routes(core.pool, self._accounts, core.publish)
