"""KoboldCpp's API as a dialect of the gateway."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.gateway.common.callers_requests import CallersRequests
from horde_server.gateway.common.services import Services
from horde_server.gateway.kobold.dialect import KoboldDialect
from horde_server.gateway.kobold.routes import routes
from horde_server.gateway.kobold.runs import Runs
from horde_server.gateway.kobold.told_routes import routes as told_routes


class Kobold:
    """A `Face`."""

    def __init__(self, services: Services) -> None:
        self.dialect = KoboldDialect()
        self._services = services
        self._runs = Runs(services.core.monotonic)
        self._mine = CallersRequests(self.dialect.name, services.text_queue)

    def routes(self) -> Iterable[APIRouter]:
        """Of `/api/v1`, `/api/latest` and `/api/extra`."""
        return [
            told_routes(self._services, self._runs, self._mine),
            routes(self._services, self._runs, self._mine),
        ]
