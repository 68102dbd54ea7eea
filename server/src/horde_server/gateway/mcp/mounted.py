"""The protocol itself, by the package `mcp`: loaded when it is first asked for, as that takes its time and memory."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from horde_server import VERSION
from horde_server.errors import HordeError

if TYPE_CHECKING:
    from horde_sdk.mcp_server.horde import HordeForTools

log = structlog.get_logger(__name__)

_READY_WITHIN_S: Final = 60.0
_MOST_BODY_BYTES: Final = 4 * 1024 * 1024
HORDE: Final = "mcp_horde"
"""Of a request's state: the horde as its caller sees it."""


class NoMcp(HordeError):
    """This server has no MCP: its operator must install openhorde-server[mcp]."""

    status, rc = 404, "not_found"


class Mounted:
    """An MCP server without sessions, so that any process answers any call; both eras of the protocol."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._wanted = asyncio.Event()
        self._ready = asyncio.Event()
        self._app: ASGIApp | None = None

    async def run(self) -> None:
        """What the node does in the background: nothing before the first call."""
        await self._wanted.wait()
        try:
            serving = await asyncio.to_thread(importlib.import_module, "horde_sdk.mcp_server.server")
            manager_module = await asyncio.to_thread(importlib.import_module, "mcp.server.streamable_http_manager")
        except ImportError as error:
            log.warning("mcp.not_installed", missing=error.name)
            self._ready.set()
            return
        server = serving.build_server(_horde_of, name="horde", version=VERSION, wait_s=self._wait_s)
        manager = manager_module.StreamableHTTPSessionManager(
            app=server, stateless=True, max_request_body_size=_MOST_BODY_BYTES
        )
        async with manager.run():
            self._app = manager.asgi_app
            self._ready.set()
            await asyncio.Event().wait()

    async def answer(self) -> McpAnswer:
        """How a call is answered. Raises `NoMcp`."""
        self._wanted.set()
        async with asyncio.timeout(_READY_WITHIN_S):
            await self._ready.wait()
        if self._app is None:
            raise NoMcp
        return McpAnswer(self._app)


class McpAnswer(Response):
    """The protocol's own answer, whole or as a stream."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._protocol = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the protocol read the body and answer."""
        await self._protocol(scope, receive, send)


def _horde_of(context: Any) -> HordeForTools:
    """As it was noted with the HTTP request that a call came by."""
    horde: HordeForTools = getattr(context.request.state, HORDE)
    return horde
