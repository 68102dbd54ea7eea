"""Users, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.accounts.deletion import AccountDeletion
from horde_server.accounts.routes import routes
from horde_server.accounts.service import Users
from horde_server.accounts.trial_accounts import routes as trial_routes
from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.slice import Slice, Slices


class Accounts(Slice):
    """Listing, showing, changing and deleting users."""

    def __init__(
        self,
        core: Core,
        identity: Identity,
        profanity: ProfanityFilter,
        dispatch: Dispatch,
        slices: Slices,
    ) -> None:
        """`slices`: of the node, which show and wipe what they keep of users."""
        self._settings = core.settings
        self._accounts, self._door = identity.accounts, identity.door
        self._users = Users(core, slices, dispatch.queues, profanity)
        self._deletion = AccountDeletion(core, slices, dispatch.mirror)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Users; accounts for tests of programs, where the horde allows them."""
        yield routes(self._users, self._deletion, self._accounts, self._door)
        if self._settings.test_apikeys:
            yield trial_routes(self._users)
