"""OpenAI's API as a dialect of the gateway."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.services import Services
from horde_server.gateway.openai.dialect import OpenAIDialect
from horde_server.gateway.openai.images import OpenAIImages
from horde_server.gateway.openai.models import ModelList
from horde_server.gateway.openai.responses.routes import response_routes
from horde_server.gateway.openai.routes import routes
from horde_server.gateway.openai.texts import OpenAITexts
from horde_server.gateway.templates.here import Templates


class OpenAI:
    """A `Face`."""

    def __init__(self, services: Services) -> None:
        self.dialect = OpenAIDialect()
        self._services = services
        self._chats = Chats(services, Templates(services.settings, services.models))
        self._texts = OpenAITexts(services, self._chats)
        self._images = OpenAIImages(services, services.decoders)
        self._models = ModelList(services.models, services.core.clock())

    def routes(self) -> Iterable[APIRouter]:
        """Of `/v1`."""
        return [
            response_routes(self._services, self._chats),
            routes(self._services, self._models, self._texts, self._images),
        ]
