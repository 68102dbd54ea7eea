"""Embeddings, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.dispatch.submission import Submissions
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.requests.admission import Admission
from horde_server.requests.desk import RequestDesk
from horde_server.requests.embedding.intake import EmbeddingIntake
from horde_server.requests.embedding.kind import EmbeddingKind
from horde_server.requests.embedding.results import EmbeddingResults
from horde_server.requests.embedding.routes import routes
from horde_server.requests.embedding.worker_routes import routes as worker_routes
from horde_server.requests.waiting import Waiting
from horde_server.slice import Slice
from horde_server.workers.slice import Workers


class Embeddings(Slice):
    """Requests for texts as vectors, from both sides."""

    def __init__(
        self,
        core: Core,
        identity: Identity,
        moderation: Moderation,
        dispatch: Dispatch,
        waiting: Waiting,
        workers: Workers,
    ) -> None:
        self._door = identity.door
        self._limits = identity.limits
        self._workers = workers
        self._waiting = waiting
        self.dispatcher = dispatch.open(EmbeddingKind())
        waiting.open(self.dispatcher.queue, lambda entry: (entry.id, entry.account_id))
        admission = Admission(core, identity.accounts, moderation, self.dispatcher.queue)
        self.desk = RequestDesk(
            core,
            dispatcher=self.dispatcher,
            admission=admission,
            intake=EmbeddingIntake(admission),
            waiting=waiting,
        )
        self._submissions = Submissions(
            core.pool,
            self.dispatcher,
            core.workers_changed,
            EmbeddingResults(),
            moderation.suspects,
            core.clock,
            lifetime_s=core.settings.request_lifetime_s,
        )

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Of requesters and of workers."""
        return [
            routes(self.desk, self._limits, self._door),
            worker_routes(
                self.dispatcher,
                self._workers.check_in,
                self._workers.messages,
                self._submissions,
                self._waiting,
                self._door,
            ),
        ]
