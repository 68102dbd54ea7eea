"""Foreign dialects, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.dispatch.slice import Dispatch
from horde_server.gateway.common.alchemists import Alchemists
from horde_server.gateway.common.life import Life
from horde_server.gateway.common.model_names import ModelNames
from horde_server.gateway.common.once import Calls
from horde_server.gateway.common.pictures import DeliveredPictures
from horde_server.gateway.common.services import RememberingFace, Services, WorkingFace
from horde_server.gateway.common.visits import Visits
from horde_server.gateway.faces import FACES
from horde_server.gateway.front.routes import routes as front_routes
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.periodic import every
from horde_server.requests.alchemy.slice import Alchemy
from horde_server.requests.embedding.slice import Embeddings
from horde_server.requests.following import Following, StreamPlaces
from horde_server.requests.image.slice import Images
from horde_server.requests.pictures.slice import Pictures
from horde_server.requests.text.slice import Texts
from horde_server.requests.waiting import Waiting
from horde_server.slice import Slice
from horde_server.workers.slice import Workers

_SWEPT_EVERY_S: Final = 3600


class Gateway(Slice):
    """All dialects that are switched on."""

    def __init__(
        self,
        core: Core,
        identity: Identity,
        dispatch: Dispatch,
        workers: Workers,
        pictures: Pictures,
        images: Images,
        texts: Texts,
        embeddings: Embeddings,
        alchemy: Alchemy,
        waiting: Waiting,
        following: Following,
        places: StreamPlaces,
    ) -> None:
        settings = core.settings
        self._settings = settings
        self.calls = Calls(core.pool)
        services = Services(
            core=core,
            door=identity.door,
            life=Life(
                settings, texts.desk, images.desk, embeddings.desk, following, places, identity.limits, self.calls
            ),
            models=ModelNames(settings, dispatch.kinds, dispatch.queues, workers.directory, core.clock),
            texts=texts.served,
            pictures=DeliveredPictures(core.blobs.results, pictures.links, pictures.decoders),
            decoders=pictures.decoders,
            alchemists=Alchemists(settings, alchemy.desk, waiting, places, core.blobs.results),
            public_address=pictures.public_address,
            text_queue=texts.dispatcher.queue,
        )
        self._faces = {name: face(services) for name, face in FACES.items()}
        self.visits = Visits(
            settings,
            {name: face.dialect for name, face in self._faces.items()},
            settings.dialects,
            lambda scope: pictures.public_address(Request(scope)),
        )

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Forget calls that nobody sends again, and what dialects do by themselves."""
        found = {"gateway-calls": every(_SWEPT_EVERY_S, self.calls.sweep)}
        for name, face in self._faces.items():
            if name in self._settings.dialects and isinstance(face, WorkingFace):
                found |= face.work()
        return found

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """What any dialect keeps of the person, also one that was on before."""
        for face in self._faces.values():
            if isinstance(face, RememberingFace):
                await face.wipe(conn, account_id)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Of the dialects that are on, and what stands at the front door."""
        spoken = [face for name, face in self._faces.items() if name in self._settings.dialects]
        return [front_routes(self._settings), *(router for face in spoken for router in face.routes())]
