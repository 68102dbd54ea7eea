"""Small servers, on each event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import uvloop
from small_server import LIMIT_S, LIMITS, Clock, Serving, SmallApp, StartServing

from horde_server.process.connections import Connections
from horde_server.process.serving import serve_app


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Any]:
    """What holds on one event loop must hold on the other: servers run on uvloop where it is installed."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest_asyncio.fixture
async def start_serving() -> AsyncIterator[StartServing]:
    """Starts servers with the limits of the test's choice around an app; all end with the test."""
    async with AsyncExitStack() as stack:

        async def start(*, app: Any = None, exempt: Any = lambda _: False, **limits: Any) -> Serving:
            listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
            clock, stop, small = Clock(), asyncio.Event(), SmallApp()
            connections = Connections(replace(LIMITS, **limits), exempt=exempt, clock=clock)
            task = asyncio.create_task(serve_app(app or small, connections, "test", [listener], stop))

            async def end() -> None:
                small.may_go.set()
                stop.set()
                await asyncio.wait_for(task, LIMIT_S)

            stack.push_async_callback(end)
            return Serving(listener.getsockname()[1], small, connections, clock, stop, stack, task)

        yield start
