"""Webhooks, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.slice import Slice
from horde_server.webhooks import store
from horde_server.webhooks.account_secrets import AccountSecrets
from horde_server.webhooks.delivery import DELIVER, DROP_OLD, Deliveries
from horde_server.webhooks.hook import webhook_reach
from horde_server.webhooks.post import GuardedPoster, trusting
from horde_server.webhooks.receivers import Receivers
from horde_server.webhooks.routes import routes

_DROP_OLD_TIMES = "27 * * * *"


class Webhooks(Slice):
    """Delivers what requesters asked to be told."""

    def __init__(self, core: Core, identity: Identity) -> None:
        self._secrets = AccountSecrets(core.pool)
        self._door = identity.door
        settings = core.settings
        poster = GuardedPoster(webhook_reach(settings.webhook_private_networks), trusting(settings.webhook_ca_file))
        deliveries = Deliveries(core.pool, core.blobs.results, poster, Receivers(core.monotonic))
        core.tasks.add(DELIVER, deliveries.deliver)
        core.tasks.every(_DROP_OLD_TIMES, DROP_OLD, deliveries.drop_old)

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """What its webhooks are signed with, and what is still to be delivered."""
        await store.forget_account(conn, account_id)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """An account's webhooks."""
        return [routes(self._secrets, self._door)]
