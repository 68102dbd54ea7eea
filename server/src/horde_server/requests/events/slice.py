"""Events, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter

from horde_server.dispatch.store import Generation
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.public_address import PublicAddress
from horde_server.identity.slice import Identity
from horde_server.moderation.slice import Moderation
from horde_server.requests.alchemy.slice import Alchemy
from horde_server.requests.embedding.results import described_without_vectors
from horde_server.requests.events.of_accounts import AccountEvents
from horde_server.requests.events.of_interrogations import InterrogationEvents
from horde_server.requests.events.of_requests import RequestEvents
from horde_server.requests.events.routes import routes
from horde_server.requests.following import Following, StreamPlaces
from horde_server.requests.image.slice import Images
from horde_server.requests.text.results import described
from horde_server.requests.things import Things
from horde_server.requests.waiting import Waiting
from horde_server.slice import Gauge, Slice


class Events(Slice):
    """What happens to requests of all kinds, for whoever knows their ids; and to those of an account, for its user."""

    def __init__(
        self,
        identity: Identity,
        moderation: Moderation,
        images: Images,
        alchemy: Alchemy,
        things: Things,
        following: Following,
        waiting: Waiting,
        places: StreamPlaces,
        public_address: PublicAddress,
    ) -> None:
        self._door = identity.door
        self._addresses = moderation.addresses
        self._things = things
        self._places = places
        self._public_address = public_address
        self._of_requests = RequestEvents(
            following, {"image": images.statuses.told, "text": _text_told, "embedding": _embedding_told}
        )
        self._of_interrogations = InterrogationEvents(waiting, alchemy.statuses)
        self._of_accounts = AccountEvents(things, waiting)

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Of requests and of accounts."""
        return [
            routes(
                self._things,
                self._of_requests,
                self._of_interrogations,
                self._of_accounts,
                self._places,
                self._public_address,
                self._addresses,
                self._door,
            )
        ]

    def gauges(self) -> Iterable[Gauge]:
        """How many streams are open."""
        return [
            Gauge("openhorde_open_streams", "Answers that tell what happens as it happens", lambda: len(self._places))
        ]


async def _text_told(_: Any, made: Generation, __: str) -> Mapping[str, Any]:
    return described(made)


async def _embedding_told(_: Any, made: Generation, __: str) -> Mapping[str, Any]:
    return described_without_vectors(made)
