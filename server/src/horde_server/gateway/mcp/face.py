"""MCP as a dialect of the gateway."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from fastapi import APIRouter

from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.services import Services
from horde_server.gateway.mcp.dialect import McpDialect
from horde_server.gateway.mcp.mounted import Mounted
from horde_server.gateway.mcp.routes import routes
from horde_server.gateway.templates.here import Templates


class Mcp:
    """A `Face`."""

    def __init__(self, services: Services) -> None:
        self.dialect = McpDialect()
        self._services = services
        self._chats = Chats(services, Templates(services.settings, services.models))
        self._mounted = Mounted(services.settings.mcp_wait_s)

    def routes(self) -> Iterable[APIRouter]:
        """Of `/mcp`."""
        return [routes(self._services, self._chats, self._mounted)]

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """The protocol's own tasks."""
        return {"mcp": self._mounted.run()}
