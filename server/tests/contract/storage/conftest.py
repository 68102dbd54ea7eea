"""A whole server on each kind of store: what is said of one must hold for the other."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from hordes import Horde, StartHorde
from later import Later, LaterBy
from PIL import Image
from places import PURPOSES, Places
from s3_server import S3Server
from transfers import Transfers

from horde_server.blobs.choice import open_blob_stores
from horde_server.database.pool import open_pool


@pytest.fixture(params=["folder", "s3"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """A place of its own for each purpose: folders, or buckets of a real S3 server."""
    if request.param == "folder":
        return Places({purpose: str(tmp_path / purpose) for purpose in PURPOSES})
    server: S3Server = request.getfixturevalue("s3_server")
    return Places({purpose: server.new_bucket() for purpose in PURPOSES})


@pytest_asyncio.fixture
async def horde(start_horde: StartHorde, places: Places) -> Horde:
    """A server that keeps its images there."""
    return await start_horde(**places.settings, task_poll_interval_s=0.1)


@pytest_asyncio.fixture
async def transfers(horde: Horde) -> AsyncIterator[Transfers]:
    """Exchanges with the addresses that the server signs."""
    async with httpx.AsyncClient() as direct:
        yield Transfers(horde, direct)


@pytest.fixture
def picture() -> bytes:
    """A small WebP."""
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(target, "WEBP")
    return target.getvalue()


@pytest_asyncio.fixture
async def later(horde: Horde) -> AsyncIterator[LaterBy]:
    """Another node on the same database and stores, so many seconds later; it does no tasks by itself."""
    pool = await open_pool(horde.dsn, size=2)

    def by(ahead_s: float) -> Later:
        return Later(pool, open_blob_stores(horde.settings, b"", lambda: time.time() + ahead_s))

    yield by
    await pool.close()
