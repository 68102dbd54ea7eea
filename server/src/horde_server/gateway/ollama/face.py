"""Ollama's API as a dialect of the gateway."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server import VERSION
from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.services import Services
from horde_server.gateway.ollama.dialect import OllamaDialect
from horde_server.gateway.ollama.orders import Orders, refusal
from horde_server.gateway.ollama.routes import routes
from horde_server.gateway.templates.here import Templates


class Ollama:
    """A `Face`."""

    def __init__(self, services: Services) -> None:
        self.dialect = OllamaDialect()
        self._services = services
        chats = Chats(services, Templates(services.settings, services.models), refusal)
        self._orders = Orders(chats, services.settings.gateway_default_max_length)

    def routes(self) -> Iterable[APIRouter]:
        """Of `/api`, where the horde has none of these."""
        return [routes(self._services, self._orders, VERSION)]
