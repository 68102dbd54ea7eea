"""Alchemy, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.periodic import every
from horde_server.requests.admission import Admission
from horde_server.requests.alchemy.desk import AlchemyDesk
from horde_server.requests.alchemy.interrogations import Interrogations
from horde_server.requests.alchemy.kind import AlchemyKind
from horde_server.requests.alchemy.results import AlchemyResults
from horde_server.requests.alchemy.routes import routes
from horde_server.requests.alchemy.status import InterrogationStatuses
from horde_server.requests.alchemy.submissions import FormSubmissions
from horde_server.requests.alchemy.worker_routes import routes as worker_routes
from horde_server.requests.image.results import ImageResults
from horde_server.requests.pictures.slice import Pictures
from horde_server.requests.waiting import Waiting
from horde_server.slice import Slice
from horde_server.workers.slice import Workers


class Alchemy(Slice):
    """Interrogations and their forms, from both sides."""

    def __init__(
        self,
        core: Core,
        identity: Identity,
        moderation: Moderation,
        dispatch: Dispatch,
        waiting: Waiting,
        workers: Workers,
        pictures: Pictures,
        image_results: ImageResults,
    ) -> None:
        settings = core.settings
        self._core = core
        self._door = identity.door
        self._workers = workers
        self._pictures = pictures
        self.dispatcher = dispatch.open(AlchemyKind())
        self._waiting = waiting
        waiting.open(self.dispatcher.queue, lambda entry: (entry.order.interrogation_id, entry.account_id))
        self._submissions = FormSubmissions(
            core.pool,
            self.dispatcher,
            workers.directory,
            AlchemyResults(image_results),
            moderation.suspects,
            core.clock,
            lifetime_s=settings.request_lifetime_s,
        )
        self._interrogations = Interrogations(
            core.pool, dispatch.mirror, dispatch.announcements, self._submissions, pictures.retention
        )
        self.statuses = InterrogationStatuses(pool=core.pool, links=pictures.links)
        self.desk = AlchemyDesk(
            core,
            dispatcher=self.dispatcher,
            admission=Admission(core, identity.accounts, moderation, self.dispatcher.queue),
            sources=pictures.source_intake,
            interrogations=self._interrogations,
            statuses=self.statuses,
            waiting=waiting,
        )

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Of requesters and of alchemists."""
        pictures = self._pictures
        return [
            routes(self.desk, self.statuses, pictures.public_address, self._door),
            worker_routes(
                self.dispatcher,
                self._workers.check_in,
                self._workers.messages,
                self._submissions,
                pictures.links,
                pictures.source_links,
                pictures.public_address,
                self._waiting,
                self._door,
            ),
        ]

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Remove interrogations that expired."""
        return {
            "interrogations-sweep": every(self._core.settings.sweep_interval_s, self._interrogations.remove_expired)
        }
