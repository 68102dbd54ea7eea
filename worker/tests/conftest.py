"""What the worker's tests ask for: a played horde, connections, naps, a workshop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from played_horde import LIMIT_S, Answer, PlayedHorde
from workshop import Naps, Painter, Workshop


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What workers remember between their runs: for each test anew, and in the processes it starts too.

    Nor do they read the settings of whoever runs the tests.
    """
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "state"


@pytest_asyncio.fixture
async def horde() -> AsyncIterator[PlayedHorde]:
    """A horde without jobs."""
    played = PlayedHorde()
    await played.open()
    try:
        yield played
    finally:
        await played.close()


@pytest.fixture
def answer() -> type[Answer]:
    """The class of scripted answers."""
    return Answer


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections for one test."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def naps() -> Naps:
    """Naps that are over at once."""
    return Naps()


@pytest_asyncio.fixture
async def workshop(horde: PlayedHorde, naps: Naps, session: aiohttp.ClientSession) -> AsyncIterator[Workshop]:
    """Everything for a worker that is not started yet; at the end it is."""
    made = Workshop(horde, Painter(), naps, session)
    yield made
    if hasattr(made, "running") and not made.running.done():
        made.worker.leave()
        made.running.cancel()
        await asyncio.wait((made.running,), timeout=LIMIT_S)
