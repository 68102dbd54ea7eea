"""Played servers of each program, and backends on them; whatever a server did not understand fails the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

import pytest
from a1111_contract import A1111, Contract
from played_a1111 import PlayedA1111

from horde_worker.backends import a1111_backend
from horde_worker.backends.a1111 import progress
from horde_worker.backends.a1111_backend import A1111Backend
from horde_worker.backends.interface import BackendSettings

Play: TypeAlias = Callable[..., Awaitable[PlayedA1111]]
Open: TypeAlias = Callable[..., Awaitable[A1111Backend]]


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test does not wait a second for each look."""
    monkeypatch.setattr(progress, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(progress, "PREVIEW_EVERY_S", 0.05)
    monkeypatch.setattr(progress, "SIGN_EVERY_S", 0.05)
    monkeypatch.setattr(a1111_backend, "USE_LOOK_EVERY_S", 0.05)


@pytest.fixture
async def play() -> AsyncIterator[Play]:
    """Starts a server by a contract."""
    started: list[PlayedA1111] = []

    async def start(contract: Contract = A1111, **how: Any) -> PlayedA1111:
        server = PlayedA1111(contract, **how)
        await server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.may_paint.set()
        await server.stop()
        assert server.breaches == []


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens a backend on a server, and forgets what came for its trial."""
    async with AsyncExitStack() as stack:

        async def open_on(server: PlayedA1111, **options: Any) -> A1111Backend:
            backend = await A1111Backend.open(BackendSettings("a1111", {"url": server.url, **options}))
            stack.push_async_callback(backend.close)
            server.bodies.clear()
            server.began.clear()
            return backend

        yield open_on
