"""Images, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from fastapi import APIRouter
from starlette.types import Scope

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.dispatch.slice import Dispatch
from horde_server.dispatch.submission import Submissions
from horde_server.http.client_agent import names_no_program
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.requests.admission import Admission
from horde_server.requests.desk import RequestDesk
from horde_server.requests.image.intake import ImageIntake
from horde_server.requests.image.kind import ImageKind
from horde_server.requests.image.missed_uploads import ARRIVED, MISSED, MissedUploads
from horde_server.requests.image.rating_routes import routes as rating_routes
from horde_server.requests.image.results import ImageResults
from horde_server.requests.image.routes import routes
from horde_server.requests.image.sharing.routes import routes as sharing_routes
from horde_server.requests.image.sharing.service import SharedImages
from horde_server.requests.image.status import ImageStatuses
from horde_server.requests.image.styled import styled
from horde_server.requests.image.styles import ImageStyles
from horde_server.requests.image.worker_routes import routes as worker_routes
from horde_server.requests.pictures.slice import Pictures
from horde_server.requests.progress import progress, progress_tag
from horde_server.requests.styling import Styling
from horde_server.requests.waiting import Waiting
from horde_server.slice import Heard, Slice
from horde_server.streams.slice import Streams
from horde_server.styles.slice import Styles
from horde_server.workers.slice import Workers

_CHECK = "/api/v2/generate/check/"
_encode = msgspec.json.Encoder().encode


class Images(Slice):
    """Requests for images, from both sides."""

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
        self._addresses = moderation.addresses
        self._workers = workers
        self._pictures = pictures
        self.dispatcher = dispatch.open(ImageKind(), matched_targeting=settings.require_matched_targeting)
        self._waiting = waiting
        self._relay = streams.relay
        waiting.open(self.dispatcher.queue, lambda entry: (entry.id, entry.account_id))
        self._shared = SharedImages(core.pool, core.blobs, core.tasks, pictures.retention)
        self._missed_uploads = MissedUploads(core.clock, core.publish)
        self.results = ImageResults(core.blobs.results, self._shared, self._missed_uploads, pictures.decoders)
        admission = Admission(core, identity.accounts, moderation, self.dispatcher.queue)
        intake = ImageIntake(
            settings=settings,
            admission=admission,
            doorkeeper=moderation.doorkeeper,
            sources=pictures.source_intake,
            workers=workers.directory,
            queue=self.dispatcher.queue,
        )
        self.desk = RequestDesk(core, dispatcher=self.dispatcher, admission=admission, intake=intake, waiting=waiting)
        styles.open(ImageStyles())
        self.styling = Styling(styles, "image", styled, core.clock)
        self.statuses = ImageStatuses(desk=self.desk, blobs=core.blobs.results, links=pictures.links)
        self._submissions = Submissions(
            core.pool,
            self.dispatcher,
            core.workers_changed,
            self.results,
            moderation.suspects,
            core.clock,
            lifetime_s=settings.request_lifetime_s,
            streamed=streams.losses,
        )

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Of requesters and of workers."""
        pictures = self._pictures
        return [
            rating_routes(self.dispatcher),
            sharing_routes(self._shared, self._door),
            routes(
                self.desk,
                self.styling,
                self.statuses,
                pictures.public_address,
                self._addresses,
                self._limits,
                self._door,
            ),
            worker_routes(
                self.dispatcher,
                self._workers.check_in,
                self._workers.messages,
                self._submissions,
                pictures.links,
                self._missed_uploads,
                pictures.source_links,
                pictures.public_address,
                self._waiting,
                self._relay,
                self._door,
            ),
        ]

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """The pictures that it shares."""
        await self._shared.take_back_all_of(conn, account_id)

    def notices(self) -> Mapping[str, Heard]:
        """Uploads that did not, or did, arrive at another node."""

        async def missed(ids: list[str]) -> None:
            self._missed_uploads.heard(MISSED, ids)

        async def arrived(ids: list[str]) -> None:
            self._missed_uploads.heard(ARRIVED, ids)

        return {MISSED: missed, ARRIVED: arrived}

    def check_from_memory(self, scope: Scope) -> tuple[bytes, bytes] | None:
        """The answer to `GET /generate/check/{id}` for mirrored requests, before the framework: it is called most. With
        its tag."""
        path: str = scope["path"]
        if not path.startswith(_CHECK):
            return None
        try:
            request_id = UUID(path[len(_CHECK) :])
        except ValueError:
            return None
        if self._addresses.holds_any and names_no_program(scope):
            self._addresses.refuse_nameless(self._core.clients(scope))
        queue = self.dispatcher.queue
        entry = queue.entries.get(request_id)
        if entry is None:
            return None
        told = progress(entry, queue)
        return _encode(told), progress_tag(entry, told)
