"""A server that answers as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PlayedServer:
    """Answers everything by `handle`; `requests` are those that came."""

    def __init__(self) -> None:
        self.handle: Handler = self.nothing
        self.requests: list[web.Request] = []
        self._server = TestServer(self._app())

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    async def start(self) -> None:
        await self._server.start_server()

    async def stop(self) -> None:
        await self._server.close()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 26)

        async def any_path(request: web.Request) -> web.StreamResponse:
            self.requests.append(request)
            return await self.handle(request)

        app.router.add_route("*", "/{path:.*}", any_path)
        return app


@pytest.fixture
async def server() -> AsyncIterator[PlayedServer]:
    played = PlayedServer()
    await played.start()
    yield played
    await played.stop()
