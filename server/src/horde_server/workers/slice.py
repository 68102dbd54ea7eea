"""Who serves this horde, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.periodic import every
from horde_server.slice import Gauge, Heard, Slice
from horde_server.workers.address_routes import routes as address_routes
from horde_server.workers.check_in import CheckIn
from horde_server.workers.directory import WorkerDirectory
from horde_server.workers.listed import ListedWorkers
from horde_server.workers.management import WorkerManagement
from horde_server.workers.messages.mirror import MessageMirror
from horde_server.workers.messages.routes import routes as message_routes
from horde_server.workers.messages.service import MessageService
from horde_server.workers.routes import routes
from horde_server.workers.shown import ShownWorkers

_FORGET_MESSAGES_EVERY_S = 900.0


class Workers(Slice):
    """Workers that are online, their check-in and their management."""

    def __init__(self, core: Core, identity: Identity, moderation: Moderation, dispatch: Dispatch) -> None:
        self._core = core
        self._door = identity.door
        self._moderation = moderation
        self.messages = MessageMirror(core.pool, core.clock)
        self._message_service = MessageService(core.pool, core.announce, horde_title=core.settings.title)
        self._shown = ShownWorkers(core.pool, dispatch.kinds, self.messages)
        self.directory = WorkerDirectory(core.pool, dispatch.kinds, dispatch.queues, core.publish, core.clock)
        self.check_in = CheckIn(
            core.pool,
            self.directory,
            moderation.modes,
            moderation.profanity,
            moderation.addresses,
            moderation.bans,
            moderation.reputation,
            moderation.suspects,
            core.publish,
            core.clock,
        )
        self._listed = ListedWorkers(self._shown, self.directory, core.monotonic)
        self._management = WorkerManagement(
            core.pool, self.directory, dispatch.mirror, moderation.profanity, moderation.bans
        )

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Lists and changes of workers."""
        return [
            message_routes(self._message_service, self._door),  # before all that take any name for a worker's id
            routes(self._shown, self._listed, self._management, self._door),
            address_routes(self._management, self._moderation.addresses, self._door),
        ]

    def notices(self) -> Mapping[str, Heard]:
        """Workers that changed, or whose owners did."""

        async def workers_changed(ids: list[str]) -> None:
            await self.directory.reload([UUID(worker_id) for worker_id in ids])

        async def accounts_changed(ids: list[str]) -> None:
            await self.directory.reload_of({int(account_id) for account_id in ids})

        async def bans_changed(_: list[str]) -> None:
            self.directory.forget_banned(self._moderation.bans.holds)

        async def messages_changed(_: list[str]) -> None:
            await self.messages.reload()

        return {
            "worker": workers_changed,
            "account": accounts_changed,
            "ban": bans_changed,
            "worker_message": messages_changed,
        }

    async def reload(self) -> None:
        """All that are online, and what they are told."""
        await self.directory.reload()
        await self.messages.reload()

    async def resumed(self) -> None:
        """Their check-ins were put off."""
        await self.directory.reload()

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Forget who went offline, and what was told long ago."""

        async def drop_stale() -> None:
            self.directory.drop_stale()

        return {
            "workers-sweep": every(self._core.settings.sweep_interval_s, drop_stale),
            "worker-messages-sweep": every(_FORGET_MESSAGES_EVERY_S, self._message_service.sweep),
        }

    def gauges(self) -> Iterable[Gauge]:
        """How many there are."""
        return [
            Gauge(
                "openhorde_online_workers",
                "Workers that checked in lately",
                lambda: len(self.directory.online()),
            ),
            Gauge(
                "openhorde_worker_messages",
                "Messages to workers that are in force",
                lambda: len(self.messages),
            ),
        ]
