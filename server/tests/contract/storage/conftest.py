"""A whole server on each kind of store: what is said of one must hold for the other."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest
import pytest_asyncio
from obstore.store import S3Store
from PIL import Image
from s3_server import S3Server

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
