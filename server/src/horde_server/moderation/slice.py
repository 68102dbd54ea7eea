"""Modes, addresses, filters and suspicions, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any

from fastapi import APIRouter

from horde_server.blobs.guard import ANYWHERE
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.core import Core
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.addresses.reputation import AddressReputation
from horde_server.moderation.addresses.routes import routes as address_routes
from horde_server.moderation.addresses.strikes import Strikes
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.bans.routes import routes as ban_routes
from horde_server.moderation.bans.service import Bans
from horde_server.moderation.modes import Modes
from horde_server.moderation.profanity import load_profanity_filter
from horde_server.moderation.prompt_filters.directory import PromptFilters
from horde_server.moderation.prompt_filters.doorkeeper import Doorkeeper
from horde_server.moderation.prompt_filters.evidence import PromptEvidence
from horde_server.moderation.prompt_filters.routes import routes as filter_routes
from horde_server.moderation.reports.routes import routes as report_routes
from horde_server.moderation.reports.service import ResultReports
from horde_server.moderation.routes import routes as mode_routes
from horde_server.moderation.suspects import Suspects
from horde_server.moderation.suspicions.routes import routes as suspicion_routes
from horde_server.moderation.suspicions.service import SuspectList
from horde_server.periodic import every
from horde_server.settings import Profile
from horde_server.slice import Heard, Slice

_FORGET_ADDRESSES_EVERY_S = 300.0
_FORGET_REPORTS_EVERY_S = 3600.0


class Moderation(Slice):
    """Keeps the horde clean."""

    def __init__(self, core: Core, identity: Identity, *, cancel_waiting: Callable[[], Awaitable[None]]) -> None:
        """`cancel_waiting`: takes back all that waits, when the horde goes into maintenance."""
        settings = core.settings
        self._door = identity.door
        self._cancel_waiting = cancel_waiting
        self.modes = Modes(core.pool, core.publish)
        self.reputation = AddressReputation(settings.ip_checker, GuardedFetcher(ANYWHERE), self.modes, core.monotonic)
        self.addresses = AddressTimeouts(core.pool, core.publish, core.monotonic, settings.rate_limit_whitelist)
        self.bans = Bans(core.pool, core.announce, core.monotonic)
        self.profanity = load_profanity_filter(settings.profane_words)
        self.suspects = Suspects(core.pool, core.workers_changed)
        self._suspect_list = SuspectList(core.pool)
        self._reports = ResultReports(core.pool, core.api_key_salt, core.announce)
        self.prompt_filters = PromptFilters(core.pool, core.publish)
        self.doorkeeper = Doorkeeper(
            self.prompt_filters,
            self.suspects,
            Strikes(self.addresses, core.clients.trusts, strikes_addresses=settings.profile is not Profile.HOUSEHOLD),
            PromptEvidence(core.blobs.evidence),
            is_on=not settings.disable_filters,
        )

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """For moderators."""
        return [
            mode_routes(self.modes, self._cancel_waiting, self._door),
            filter_routes(self.prompt_filters, self._door),
            address_routes(self.addresses, self._door),
            ban_routes(self.bans, self._door),
            suspicion_routes(self._suspect_list, self._door),
            report_routes(self._reports, self._door),
        ]

    def notices(self) -> Mapping[str, Heard]:
        """What another node's moderator changed."""

        async def modes_changed(_: list[str]) -> None:
            await self.modes.reload()

        async def filters_changed(_: list[str]) -> None:
            await self.prompt_filters.reload()

        return {
            "modes": modes_changed,
            "address": self.addresses.reload,
            "ban": self.bans.reload,
            "prompt_filter": filters_changed,
        }

    async def reload(self) -> None:
        """Modes, time-outs, bans and filters."""
        await self.modes.reload()
        await self.addresses.reload()
        await self.bans.reload()
        await self.prompt_filters.reload()

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Forget time-outs that are over, and reports that are old."""
        return {
            "address-sweep": every(_FORGET_ADDRESSES_EVERY_S, self.addresses.forget_old),
            "report-sweep": every(_FORGET_REPORTS_EVERY_S, self._reports.forget_old),
        }
