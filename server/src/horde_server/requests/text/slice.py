"""Texts, as one of a node's slices."""

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
from horde_server.requests.pictures.slice import Pictures
from horde_server.requests.styling import Styling
from horde_server.requests.text.intake import TextIntake
from horde_server.requests.text.kind import TextKind
from horde_server.requests.text.results import TextResults
from horde_server.requests.text.routes import routes
from horde_server.requests.text.served import ServedTexts
from horde_server.requests.text.styled import styled
from horde_server.requests.text.styles import TextStyles
from horde_server.requests.text.worker_routes import routes as worker_routes
from horde_server.requests.waiting import Waiting
from horde_server.slice import Slice
from horde_server.streams.slice import Streams
from horde_server.styles.slice import Styles
from horde_server.workers.slice import Workers


class Texts(Slice):
    """Requests for texts, from both sides."""

    def __init__(
        self,
        core: Core,
        identity: Identity,
        moderation: Moderation,
        dispatch: Dispatch,
        waiting: Waiting,
        workers: Workers,
        pictures: Pictures,
        styles: Styles,
        streams: Streams,
    ) -> None:
        settings = core.settings
        self._core = core
        self._door = identity.door
        self._limits = identity.limits
        self._workers = workers
        self.dispatcher = dispatch.open(TextKind())
        self._waiting = waiting
        self._relay = streams.relay
        waiting.open(self.dispatcher.queue, lambda entry: (entry.id, entry.account_id))
        admission = Admission(core, identity.accounts, moderation, self.dispatcher.queue)
        self._pictures = pictures
        self.served = ServedTexts(self.dispatcher.queue)
        intake = TextIntake(
            settings=settings,
            admission=admission,
            sources=pictures.source_intake,
            workers=workers.directory,
            queue=self.dispatcher.queue,
        )
        self.desk = RequestDesk(core, dispatcher=self.dispatcher, admission=admission, intake=intake, waiting=waiting)
        styles.open(TextStyles())
        self.styling = Styling(styles, "text", styled, core.clock)
        self._submissions = Submissions(
            core.pool,
            self.dispatcher,
            core.workers_changed,
            TextResults(),
            moderation.suspects,
            core.clock,
            lifetime_s=settings.request_lifetime_s,
            streamed=streams.losses,
        )

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Of requesters and of workers."""
        return [
            routes(self.desk, self.styling, self._limits, self._door),
            worker_routes(
                self.dispatcher,
                self._workers.check_in,
                self._workers.messages,
                self._submissions,
                self._pictures.source_links,
                self._pictures.public_address,
                self._waiting,
                self._relay,
                self._door,
            ),
        ]
