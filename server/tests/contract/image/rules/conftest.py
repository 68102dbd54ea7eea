"""One server for each module here: every test asks it a few questions, and leaves nothing waiting behind.

Modules say `pytestmark = pytest.mark.asyncio(loop_scope="module")`.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hordes import Horde, Pop


@pytest_asyncio.fixture(loop_scope="module")
async def horde(module_horde: Horde) -> AsyncIterator[Horde]:
    """The module's server; what a test left waiting is taken back after it."""
    yield module_horde
    for (request_id,) in await module_horde.sql("SELECT id::text FROM request WHERE waiting > 0"):
        await module_horde.cancel(request_id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asker(module_horde: Horde) -> str:
    """API key of somebody without kudos and roles, who may have much waiting."""
    return (await module_horde.account("asker", columns={"concurrency": 500})).api_key


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rich(module_horde: Horde) -> str:
    """API key of somebody with all the kudos that a request may need."""
    return (await module_horde.account("rich", kudos=1_000_000, columns={"concurrency": 500})).api_key


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trusted(module_horde: Horde) -> str:
    """API key of somebody who is trusted."""
    return (await module_horde.account("sue", trusted=True, kudos=1_000_000)).api_key


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pop(module_horde: Horde) -> Pop:
    """The answer of a pop by a worker that never popped before; its owner allows all, where not told otherwise."""
    owner = await module_horde.account("owner", columns={"worker_invited": 1_000_000})
    numbers = itertools.count()

    async def popped(**offer: Any) -> dict[str, Any]:
        allowed: dict[str, Any] = {"allow_controlnet": True, "allow_sdxl_controlnet": True, "allow_lora": True, **offer}
        return await module_horde.pop(owner.api_key, f"worker {next(numbers)}", **allowed)

    return popped


@pytest.fixture
def image(horde: Horde) -> str:
    """A small picture as base64."""
    return base64.b64encode(horde.picture()).decode()
