"""Anthropic's API as a dialect of the gateway."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from horde_server.gateway.anthropic.dialect import AnthropicDialect
from horde_server.gateway.anthropic.routes import routes
from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.services import Services
from horde_server.gateway.templates.here import Templates


class Anthropic:
    """A `Face`."""

    def __init__(self, services: Services) -> None:
        self.dialect = AnthropicDialect()
        self._services = services
        self._chats = Chats(services, Templates(services.settings, services.models))

    def routes(self) -> Iterable[APIRouter]:
        """Of `/v1/messages`."""
        return [routes(self._services, self._chats)]
