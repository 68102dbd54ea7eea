"""A whole server on each kind of store: what is said of one must hold for the other."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import obstore
import pytest
import pytest_asyncio
from obstore.store import S3Store
from PIL import Image
from s3_server import S3Server

from horde_server.blobs.choice import BlobStores, Purpose, open_blob_stores
from horde_server.database.pool import Pool, open_pool
from horde_server.requests.image.sharing.service import Share, SharedImages
from horde_server.requests.pictures.retention import BlobRetention, Deletion
from horde_server.tasks.queue import TaskLimits, TaskQueue

PURPOSES = ("blobs", "source_blobs", "shared_blobs")


@dataclass
class Places:
    """Where a server keeps what, by the name of the setting; and what lies there, seen from outside."""

    settings: dict[str, str]

    def kept(self, purpose: str) -> set[str]:
        """The keys."""
        place = self.settings[purpose]
        if place.startswith("s3://"):
            return {found["path"] for page in obstore.list(_bucket(place)) for found in page}
        return {path.name for path in Path(place).rglob("*") if path.is_file()}

    def content(self, purpose: str, key: str) -> bytes:
        """What lies under a key."""
        place = self.settings[purpose]
        if place.startswith("s3://"):
            return bytes(obstore.get(_bucket(place), key).bytes())
        return (Path(place) / key[:2] / key).read_bytes()

    def remove(self, purpose: str, key: str) -> None:
        """Make a blob go, as an operator or a rule of the bucket might."""
        place = self.settings[purpose]
        if place.startswith("s3://"):
            obstore.delete(_bucket(place), key)
        else:
            (Path(place) / key[:2] / key).unlink()

    def everything(self) -> set[str]:
        """The keys of all purposes."""
        return set().union(*(self.kept(purpose) for purpose in self.settings))


def _bucket(place: str) -> S3Store:
    url = httpx.URL(place)
    endpoint = url.params["endpoint"]
    return S3Store(url.host, endpoint=endpoint, client_options={"allow_http": True})


@pytest.fixture(params=["folder", "s3"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """A place of its own for each purpose: folders, or buckets of a real S3 server."""
    if request.param == "folder":
        return Places({purpose: str(tmp_path / purpose) for purpose in PURPOSES})
    server: S3Server = request.getfixturevalue("s3_server")
    return Places({purpose: server.new_bucket() for purpose in PURPOSES})


@pytest_asyncio.fixture
async def horde(start_horde: Any, places: Places) -> Any:
    """A server that keeps its images there."""
    return await start_horde(**places.settings, task_poll_interval_s=0.1)


class Transfers:
    """Uploads to and downloads from signed addresses, without a key: to our routes, or straight to the bucket."""

    def __init__(self, horde: Any, direct: httpx.AsyncClient) -> None:
        self._horde = horde
        self._direct = direct

    def _client(self, url: str) -> httpx.AsyncClient:
        return self._horde.client if url.startswith("http://horde.test/") else self._direct

    async def put(self, url: str, content: bytes | Iterable[bytes]) -> httpx.Response:
        """PUT, as our worker does."""
        return await self._client(url).put(url, content=content, headers={"content-type": "image/webp"})

    async def get(self, url: str) -> httpx.Response:
        """GET."""
        return await self._client(url).get(url)


@pytest_asyncio.fixture
async def transfers(horde: Any) -> AsyncIterator[Transfers]:
    """Exchanges with the addresses that the server signs."""
    async with httpx.AsyncClient() as direct:
        yield Transfers(horde, direct)


@pytest.fixture
def picture() -> bytes:
    """A small WebP."""
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(target, "WEBP")
    return target.getvalue()


class Later:
    """What a node does whose clock runs ahead of the others'."""

    lifetime_s = 7200

    def __init__(self, pool: Pool, stores: BlobStores) -> None:
        self.pool = pool
        self.stores = stores
        tasks = TaskQueue(pool, TaskLimits())
        self.retention = BlobRetention(pool, stores, tasks, lifetime_s=self.lifetime_s, link_s=1800)
        self.shared_images = SharedImages(pool, stores, tasks, self.retention)

    async def delete(self, *keys: str) -> None:
        """The durable task, for results."""
        await self.retention._delete(Deletion(Purpose.RESULTS, list(keys)))

    async def share(self, job_id: UUID) -> None:
        """The durable task."""
        await self.shared_images._copy(Share(job_id))


LaterBy = Callable[[float], Later]


@pytest_asyncio.fixture
async def later(horde: Any) -> AsyncIterator[LaterBy]:
    """Another node on the same database and stores, so many seconds later; it does no tasks by itself."""
    pool = await open_pool(horde.dsn, size=2)

    def by(ahead_s: float) -> Later:
        return Later(pool, open_blob_stores(horde.settings, b"", lambda: time.time() + ahead_s))

    yield by
    await pool.close()
