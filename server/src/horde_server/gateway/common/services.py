"""What every dialect is made of."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from fastapi import APIRouter

from horde_server.blobs.decoding import Decoders
from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.gateway.common.alchemists import Alchemists
from horde_server.gateway.common.errors import Dialect
from horde_server.gateway.common.life import Life
from horde_server.gateway.common.model_names import ModelNames
from horde_server.gateway.common.pictures import DeliveredPictures
from horde_server.http.public_address import PublicAddress
from horde_server.identity.door import Door
from horde_server.requests.text.served import ServedTexts
from horde_server.settings import DialectName, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Handed to each dialect."""

    core: Core
    door: Door
    life: Life
    models: ModelNames
    texts: ServedTexts
    pictures: DeliveredPictures
    decoders: Decoders
    text_queue: LiveQueue
    alchemists: Alchemists
    public_address: PublicAddress

    @property
    def settings(self) -> Settings:
        """Of the server."""
        return self.core.settings


class Face(Protocol):
    """A dialect as the gateway has it: made of `Services`."""

    def __init__(self, services: Services) -> None:
        """Nothing runs yet."""

    @property
    def dialect(self) -> Dialect:
        """How it says refusals."""

    def routes(self) -> Iterable[APIRouter]:
        """Its part of the API; behind the door, and not in the document of the horde's own."""


@runtime_checkable
class WorkingFace(Protocol):
    """A `Face` that has something to do while the node runs."""

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """As a slice has it."""


@runtime_checkable
class RememberingFace(Protocol):
    """A `Face` that keeps something of accounts."""

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """As a slice has it."""


Faces = dict[DialectName, type[Face]]
