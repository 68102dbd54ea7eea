"""Every blob store behaves the same: a folder with our own routes, and an S3-compatible bucket (moto's server)."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from moto.server import ThreadedMotoServer

from horde_server.blobs.choice import open_blob_store
from horde_server.blobs.folder import FolderStore
from horde_server.blobs.object_store import ObjectStore
from horde_server.blobs.routes import routes
from horde_server.blobs.store import BlobStore, is_key
from horde_server.http import error_responses

KEY = "3f2b8c1e-0000-4000-8000-000000000000.webp"
OTHER = "a12b8c1e-0000-4000-8000-000000000000.webp"
BASE = "http://horde.test"


@dataclass
class Harness:
    """A store, and a client that reaches its signed addresses."""

    store: BlobStore
    client: httpx.AsyncClient

    async def send(self, method: str, url: str, content: bytes | None = None) -> httpx.Response:
        """One exchange with a signed address: no key, no header of ours."""
        return await self.client.request(method, url, content=content)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3-compatible server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest_asyncio.fixture(params=["folder", "s3"])
async def harness(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Harness]:
    if request.param == "folder":
        store = open_blob_store(None, tmp_path / "blobs", b"a secret of this test")
        assert isinstance(store, FolderStore)
        app = FastAPI()
        error_responses.install(app)
        app.include_router(routes(store))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)
    else:
        endpoint = request.getfixturevalue("s3_endpoint")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        bucket = f"results-{time.monotonic_ns()}"
        async with httpx.AsyncClient() as admin:
            assert (await admin.put(f"{endpoint}/{bucket}")).status_code == 200
        setting = f"s3://{bucket}/some/prefix?endpoint={endpoint}&region=us-east-1"
        store = open_blob_store(setting, tmp_path, b"")
        assert isinstance(store, ObjectStore)
        client = httpx.AsyncClient()
    async with client:
        yield Harness(store, client)


async def test_what_was_put_can_be_got(harness: Harness) -> None:
    await harness.store.put(KEY, b"first")
    await harness.store.put(KEY, b"second")
    assert await harness.store.get(KEY) == b"second"
    assert await harness.store.beginning(KEY) == b"second"


async def test_several_are_got_in_the_order_asked_for_short_or_long(harness: Harness) -> None:
    missing, long = OTHER.replace("a1", "b1"), b"x" * 1_000_000
    await harness.store.put(KEY, b"short")
    assert await harness.store.get_all([missing, KEY]) == [None, b"short"]
    await harness.store.put(OTHER, long)
    assert await harness.store.get_all([OTHER, missing, KEY]) == [long, None, b"short"]


async def test_the_beginning_of_a_long_blob_is_short(harness: Harness) -> None:
    await harness.store.put(KEY, b"RIFF" + bytes(100_000))
    assert await harness.store.beginning(KEY) == b"RIFF" + bytes(28)


async def test_an_empty_blob_has_an_empty_beginning(harness: Harness) -> None:
    await harness.store.put(KEY, b"")
    assert await harness.store.beginning(KEY) == b""


async def test_what_is_kept_may_be_prepared_first(harness: Harness) -> None:
    await harness.store.put(KEY, b"data", prepare=bytes.upper)
    assert await harness.store.get(KEY) == b"DATA"


async def test_what_cannot_be_prepared_is_not_kept(harness: Harness) -> None:
    def refuse(_: bytes) -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await harness.store.put(KEY, b"data", prepare=refuse)
    assert await harness.store.get(KEY) is None


async def test_what_was_never_put_is_not_there(harness: Harness) -> None:
    assert await harness.store.get(KEY) is None
    assert await harness.store.beginning(KEY) is None


async def test_deleting_removes_and_bears_what_is_not_there(harness: Harness) -> None:
    await harness.store.put(KEY, b"data")
    await harness.store.delete([KEY, OTHER])
    await harness.store.delete([])
    assert await harness.store.beginning(KEY) is None


async def test_a_signed_address_takes_an_upload_without_a_key(harness: Harness) -> None:
    url = await harness.store.signed_put_url(KEY, 60, BASE)
    assert (await harness.send("PUT", url, b"picture")).status_code == 200
    assert await harness.store.get(KEY) == b"picture"


async def test_a_signed_address_gives_a_download_without_a_key(harness: Harness) -> None:
    await harness.store.put(KEY, b"picture")
    answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
    assert (answer.status_code, answer.content) == (200, b"picture")
    assert answer.headers["content-type"] == "image/webp"


async def test_sweeping_removes_the_old_only(harness: Harness) -> None:
    await harness.store.put(KEY, b"data")
    assert await harness.store.sweep(older_than_s=3600) == 0
    assert await harness.store.beginning(KEY) is not None
    assert await harness.store.sweep(older_than_s=-3600) == 1
    assert await harness.store.beginning(KEY) is None


async def test_sweeping_spares_what_belongs_to_given_ids(harness: Harness) -> None:
    spared, swept = KEY.replace(".webp", "_src.webp"), OTHER.replace(".webp", "_src.webp")
    for key in (spared, swept):
        await harness.store.put(key, b"data")
    assert await harness.store.sweep(-3600, frozenset({KEY.removesuffix(".webp")})) == 1
    assert await harness.store.beginning(spared) is not None
    assert await harness.store.beginning(swept) is None


@pytest.mark.parametrize("harness", ["folder"], indirect=True)
class TestOwnRoutes:
    """What our own signed addresses refuse; a bucket's are its owner's."""

    async def test_an_address_is_good_for_one_method_and_one_blob(self, harness: Harness) -> None:
        await harness.store.put(KEY, b"data")
        for_get = await harness.store.signed_get_url(KEY, 60, BASE)
        assert (await harness.send("PUT", for_get, b"other")).json()["rc"] == "BlobAddressInvalid"
        assert (await harness.send("GET", for_get.replace(KEY, OTHER))).status_code == 403
        assert await harness.store.get(KEY) == b"data"

    async def test_an_address_expires(self, harness: Harness) -> None:
        await harness.store.put(KEY, b"data")
        expired = await harness.store.signed_get_url(KEY, -1, BASE)
        assert (await harness.send("GET", expired)).status_code == 403

    async def test_the_expiry_cannot_be_moved(self, harness: Harness) -> None:
        await harness.store.put(KEY, b"data")
        url = httpx.URL(await harness.store.signed_get_url(KEY, 60, BASE))
        later = url.copy_set_param("expires", str(int(url.params["expires"]) + 3600))
        assert (await harness.send("GET", str(later))).status_code == 403

    @pytest.mark.parametrize(
        "key", ["..%2F..%2Fsecret.webp", "3f.webp", "3f2b.png", "zz000000.webp", "3f" + "0" * 200 + ".webp"]
    )
    async def test_what_is_no_key_names_nothing(self, harness: Harness, key: str) -> None:
        url = (await harness.store.signed_get_url(KEY, 60, BASE)).replace(KEY, key)
        assert (await harness.send("GET", url)).status_code in (403, 404)

    async def test_a_blob_that_is_gone_is_a_404(self, harness: Harness) -> None:
        answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
        assert (answer.status_code, answer.json()["rc"]) == (404, "BlobNotFound")

    async def test_an_upload_over_the_limit_leaves_nothing(
        self, harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("horde_server.blobs.routes.MAX_IMAGE_BYTES", 1000)
        url = await harness.store.signed_put_url(KEY, 60, BASE)
        assert (await harness.send("PUT", url, b"x" * 1001)).status_code == 413
        assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []

    async def test_the_sweep_takes_what_an_interrupted_upload_left(self, harness: Harness, tmp_path: Path) -> None:
        await harness.store.put(KEY, b"data")
        left = tmp_path / "blobs" / KEY[:2] / f".{KEY}.0000"
        left.write_bytes(b"half")
        os.utime(left, (0, 0))
        assert await harness.store.sweep(older_than_s=3600) == 1
        assert not left.exists()


@pytest.mark.parametrize(
    "text", ["../x.webp", "/etc/passwd", "ab/cd.webp", "ab.webp", "abc\n.webp", "abcd.webp\n", "ABcd.webp", ""]
)
def test_no_key_leaves_the_folder(text: str) -> None:
    assert not is_key(text)
