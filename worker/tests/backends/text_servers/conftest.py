"""Backends that are open to a played server, and jobs for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio
from text_contracts.served import ContractServer

from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.backends.text_servers.maker import TextServerMaker

Open = Callable[..., Awaitable[TextServerMaker]]


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens a backend to a server that is started if it is not; at the end, no server was asked for what it lacks."""
    servers: list[ContractServer] = []
    async with AsyncExitStack() as closing:

        async def open_to(server: ContractServer, name: str, **options: Any) -> TextServerMaker:
            if server not in servers:
                servers.append(server)
                if not server.url:
                    await server.open()
                closing.push_async_callback(server.close)
            backend = await open_backend(BackendSettings(name, {"url": server.url, **options}))
            closing.push_async_callback(backend.close)
            server.sent.clear()  # what it was tried out with
            maker = backend.makers.text
            assert isinstance(maker, TextServerMaker)
            return maker

        yield open_to
    assert [one for server in servers for one in server.violations] == []
