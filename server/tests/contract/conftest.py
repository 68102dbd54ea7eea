"""Whole servers in process, each on a PostgreSQL of its own: what the contract tests drive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hordes import Horde, RunHorde, StartHorde, running_horde


@pytest.fixture
def run_horde(database_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunHorde:
    """A server on the test's database for the time of a block, with settings of the test's choice."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer
    return lambda **settings: running_horde(database_dsn, {"data": tmp_path, **settings})


@pytest_asyncio.fixture
async def start_horde(run_horde: RunHorde) -> AsyncIterator[StartHorde]:
    """Starts servers as `run_horde` does; all are ended with the test."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> Horde:
            return await stack.enter_async_context(run_horde(**settings))

        yield start


@pytest_asyncio.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """One server with the settings of the tests: no rate limits, everything periodic often."""
    return await start_horde()


@pytest.fixture(scope="module")
def module_settings() -> dict[str, Any]:
    """Settings of the server that a module's tests share; modules override it."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_horde(
    module_database_dsn: str, tmp_path_factory: pytest.TempPathFactory, module_settings: dict[str, Any]
) -> AsyncIterator[Horde]:
    """One server for all tests of a module, which run in the module's event loop: for many small cases."""
    settings: dict[str, Any] = {"_env_file": None, "data": tmp_path_factory.mktemp("horde"), **module_settings}
    async with running_horde(module_database_dsn, settings) as horde:
        yield horde
