"""What tests of an owner's commands ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from aiohttp import web
from owners_horde import OwnersHorde


@pytest_asyncio.fixture
async def owners_horde() -> AsyncIterator[OwnersHorde]:
    """One on a free port."""
    made = OwnersHorde()
    runner = web.AppRunner(made.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Neither settings of whoever runs the tests, nor what runs on his machine."""
    for name in ("HORDE_URL", "AI_HORDE_URL", "HORDE_API_KEY", "AI_HORDE_API_KEY", "HORDE_WORKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HORDE_WORKER_PORTS", "none")
    yield
    structlog.reset_defaults()  # commands write to the standard error of their test
