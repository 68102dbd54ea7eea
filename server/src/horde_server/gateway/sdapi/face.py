"""AUTOMATIC1111's API as a dialect of the gateway."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.database.pool import Connection
from horde_server.gateway.common.services import Services
from horde_server.gateway.sdapi.calls import Calls
from horde_server.gateway.sdapi.choices import Choices
from horde_server.gateway.sdapi.dialect import SdapiDialect
from horde_server.gateway.sdapi.drawing import Drawing
from horde_server.gateway.sdapi.extras import Extras
from horde_server.gateway.sdapi.routes import list_routes, routes


class Sdapi:
    """A `Face`."""

    def __init__(self, services: Services) -> None:
        self.dialect = SdapiDialect()
        self._services = services
        self._calls = Calls()
        self._choices = Choices(services.core.pool, services.core.monotonic)
        self._drawing = Drawing(
            services.life, services.models, services.pictures, services.decoders, self._choices, self._calls
        )
        self._extras = Extras(services.alchemists, services.decoders)

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """What the account has chosen."""
        await self._choices.forget(conn, account_id)

    def routes(self) -> Iterable[APIRouter]:
        """Of `/sdapi/v1`."""
        return [
            routes(self._services, self._drawing, self._extras, self._choices, self._calls),
            list_routes(self._services),
        ]
