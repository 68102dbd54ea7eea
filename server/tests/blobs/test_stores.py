"""Every blob store behaves the same: a folder with our own routes, and a bucket of a real S3 server (s3_server.py)."""

from __future__ import annotations

import asyncio
import io
import os
import stat
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import obstore
import pytest
import pytest_asyncio
from fastapi import FastAPI
from horde_processes import free_port
from PIL import Image
from s3_server import CREDENTIALS, S3Server
from starlette.types import ASGIApp, Scope

from horde_server.blobs.choice import open_blob_store
from horde_server.blobs.folder import FolderStore
from horde_server.blobs.object_store import ObjectStore
from horde_server.blobs.routes import routes
from horde_server.blobs.signing import UrlSigner
from horde_server.blobs.store import BlobStore, BlobStoreFailed, is_key, uploaded_key
from horde_server.blobs.structure import MAX_IMAGE_BYTES, ReadAt
from horde_server.http import error_responses
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.rim import Rim

KEY = "3f2b8c1e-0000-4000-8000-000000000000.webp"
OTHER = "a12b8c1e-0000-4000-8000-000000000000.webp"
METADATA = KEY.replace(".webp", ".json")
BASE = "http://horde.test"


class Clock:
    """The time, running ahead of the real one at will."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@dataclass
class Harness:
    """A store, a client that reaches its signed addresses, and a hand on every clock that plays a part."""

    store: BlobStore
    client: httpx.AsyncClient
    clock: Clock
    move_server: Callable[[float], None] = field(default=lambda _: None)

    async def send(self, method: str, url: str, content: bytes | None = None) -> httpx.Response:
        """One exchange with a signed address: no key, no header of ours."""
        return await self.client.request(method, url, content=content)

    def later(self, ahead_s: float) -> None:
        """Let time pass."""
        self.clock.ahead_s = ahead_s
        self.move_server(ahead_s)


def app_of(store: FolderStore, *, is_hot: bool) -> ASGIApp:
    """The routes of a folder; behind the rim, hot ones never come to the framework, which would answer them 404."""
    app, hot = FastAPI(), HotRoutes()
    error_responses.install(app)
    router = routes(store, hot)
    if not is_hot:
        app.include_router(router)
        return app
    router.routes = [route for route in router.routes if "PUT" not in getattr(route, "methods", ())]
    app.include_router(router)
    rim = Rim(
        app, node_name="node", max_body_bytes=2**26, bodies_in_flight_bytes=2**26, client_address=lambda _: "127.0.0.1"
    )
    rim.open(lambda _: None, hot, nobody_asks, NobodyWaits())
    return rim


class NobodyWaits:
    """No answer is held back."""

    def __len__(self) -> int:
        return 0

    def stop(self) -> None:
        """There is nothing to stop."""


async def nobody_asks(_: Scope) -> None:
    """A doorkeeper who lets everybody in."""


@pytest_asyncio.fixture(params=["folder", "hot folder", "s3"])
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    clock = Clock()
    signer = UrlSigner(b"a secret of this test", clock)
    if request.param != "s3":
        store = open_blob_store(str(tmp_path / "blobs"), signer, clock)
        assert isinstance(store, FolderStore)
        app = app_of(store, is_hot=request.param == "hot folder")
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)
        harness = Harness(store, client, clock)
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        address = server.new_bucket().replace("?", "/some/prefix?")
        harness = Harness(open_blob_store(address, signer, clock), httpx.AsyncClient(), clock, server.move_clock)
    async with harness.client:
        yield harness


async def test_what_was_put_can_be_got(harness: Harness) -> None:
    await harness.store.put(KEY, b"first")
    await harness.store.put(KEY, b"second")
    assert await harness.store.get(KEY) == b"second"


async def test_several_are_got_in_the_order_asked_for_short_or_long(harness: Harness) -> None:
    missing, long = OTHER.replace("a1", "b1"), b"x" * 1_000_000
    await harness.store.put(KEY, b"short")
    assert await harness.store.get_all([missing, KEY]) == [None, b"short"]
    await harness.store.put(OTHER, long)
    assert await harness.store.get_all([OTHER, missing, KEY]) == [long, None, b"short"]


def whole(read_at: ReadAt, size_bytes: int) -> bytes:
    """All that is there."""
    return read_at(0, size_bytes)


async def upload(harness: Harness, content: bytes) -> httpx.Response:
    """PUT to the address of KEY."""
    return await harness.send("PUT", await harness.store.signed_put_url(KEY, 60, BASE), content)


async def test_what_was_uploaded_is_the_blob_when_it_is_claimed(harness: Harness) -> None:
    await upload(harness, b"first")
    await upload(harness, b"picture")
    assert await harness.store.get(KEY) is None
    assert await harness.store.claim(KEY, whole) == b"picture"
    assert await harness.store.get(KEY) == b"picture"


@pytest.mark.parametrize("size_bytes", [0, 100_000, 3_000_000])
async def test_what_is_claimed_is_examined_wherever_one_likes(harness: Harness, size_bytes: int) -> None:
    def ends(read_at: ReadAt, size: int) -> tuple[int, bytes, bytes, bytes]:
        return size, read_at(0, 4), read_at(size - 4, 4), read_at(size, 4)

    await upload(harness, b"RIFF" + bytes(size_bytes) + b"last")
    assert await harness.store.claim(KEY, ends) == (size_bytes + 8, b"RIFF", b"last", b"")


async def test_nothing_uploaded_is_nothing_to_claim(harness: Harness) -> None:
    assert await harness.store.claim(KEY, whole) is None


async def test_what_was_claimed_is_not_replaced_by_uploading_again(harness: Harness) -> None:
    """The address is good for half an hour; a picture that was paid for must not change in that time."""
    await upload(harness, b"picture")
    await harness.store.claim(KEY, whole)
    await upload(harness, b"<script>")
    assert await harness.store.get(KEY) == b"picture"
    answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
    assert answer.content == b"picture"


async def test_a_claim_that_went_no_further_is_repeated(harness: Harness) -> None:
    await upload(harness, b"picture")
    await harness.store.claim(KEY, whole)
    assert await harness.store.claim(KEY, whole) == b"picture"
    await harness.store.delete([uploaded_key(KEY)])
    assert await harness.store.claim(KEY, whole) == b"picture"


async def test_what_is_found_wrong_at_a_claim_is_said(harness: Harness) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("no")

    await upload(harness, b"picture")
    with pytest.raises(ValueError, match="no"):
        await harness.store.claim(KEY, refuse)


async def test_what_was_never_put_is_not_there(harness: Harness) -> None:
    assert await harness.store.get(KEY) is None


async def test_deleting_removes_and_bears_what_is_not_there(harness: Harness) -> None:
    await harness.store.put(KEY, b"data")
    await harness.store.delete([KEY, OTHER])
    await harness.store.delete([])
    assert await harness.store.get(KEY) is None


async def test_a_signed_address_takes_an_upload_without_a_key(harness: Harness) -> None:
    assert (await upload(harness, b"picture")).status_code == 200
    assert await harness.store.claim(KEY, whole) == b"picture"


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
async def test_a_download_says_what_its_bytes_are(harness: Harness, kind: str) -> None:
    """Whatever its address ends in, and whatever its uploader said of it."""
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, kind)
    await upload(harness, target.getvalue())
    await harness.store.claim(KEY, whole)
    answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
    assert (answer.status_code, answer.content) == (200, target.getvalue())
    assert answer.headers["content-type"] == f"image/{kind.lower()}"


async def test_a_download_that_is_no_picture_is_nothing_to_look_at(harness: Harness) -> None:
    await harness.store.put(KEY, b"<!doctype html><script>alert(1)</script>")
    answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_metadata_is_json(harness: Harness) -> None:
    await harness.store.put(METADATA, b"{}")
    assert await harness.store.get(METADATA) == b"{}"
    answer = await harness.send("GET", await harness.store.signed_get_url(METADATA, 60, BASE))
    assert answer.headers["content-type"] == "application/json"


async def test_an_address_is_good_for_one_method_and_one_blob(harness: Harness) -> None:
    await harness.store.put(KEY, b"data")
    await harness.store.put(OTHER, b"other")
    for_get = await harness.store.signed_get_url(KEY, 60, BASE)
    for_put = await harness.store.signed_put_url(OTHER, 60, BASE)
    assert (await harness.send("PUT", for_get, b"forged")).status_code == 403
    assert (await harness.send("GET", for_get.replace(KEY, OTHER))).status_code == 403
    assert (await harness.send("PUT", for_put.replace(OTHER[:36], KEY[:36]), b"forged")).status_code == 403
    assert await harness.store.get_all([KEY, OTHER]) == [b"data", b"other"]


async def test_an_address_needs_its_signature(harness: Harness) -> None:
    await harness.store.put(KEY, b"data")
    url = httpx.URL(await harness.store.signed_get_url(KEY, 60, BASE))
    name = next(name for name in url.params if name.lower().endswith("signature"))
    forged = url.params[name][:-1] + ("0" if url.params[name][-1] != "0" else "1")
    assert (await harness.send("GET", str(url.copy_set_param(name, forged)))).status_code == 403
    assert (await harness.send("GET", str(url.copy_with(query=None)))).status_code in (400, 401, 403)


async def test_an_address_is_good_until_its_time_is_over(harness: Harness) -> None:
    """storage.md §2.1: 1800 s; the store itself sees to it."""
    await harness.store.put(KEY, b"data")
    download = await harness.store.signed_get_url(KEY, 1800, BASE)
    upload = await harness.store.signed_put_url(OTHER, 1800, BASE)
    harness.later(1790)
    assert (await harness.send("GET", download)).status_code == 200
    harness.later(1810)
    assert (await harness.send("GET", download)).status_code == 403
    assert (await harness.send("PUT", upload, b"late")).status_code == 403
    harness.later(0)
    assert await harness.store.get(OTHER) is None


async def test_an_addresss_time_cannot_be_changed(harness: Harness) -> None:
    await harness.store.put(KEY, b"data")
    url = httpx.URL(await harness.store.signed_get_url(KEY, 60, BASE))
    name = next(name for name in url.params if name.lower().endswith("expires"))
    longer = url.copy_set_param(name, str(int(url.params[name]) + 3600))
    assert (await harness.send("GET", str(longer))).status_code == 403


async def test_what_is_gone_is_a_404_for_who_has_its_address(harness: Harness) -> None:
    url = await harness.store.signed_get_url(KEY, 60, BASE)
    await harness.store.put(KEY, b"data")
    await harness.store.delete([KEY])
    assert (await harness.send("GET", url)).status_code == 404


async def test_many_are_deleted_at_once(harness: Harness) -> None:
    keys = [f"{number:08x}-0000-4000-8000-000000000000.webp" for number in range(12)]
    for key in keys:
        await harness.store.put(key, b"data")
    await harness.store.delete(keys)
    assert await harness.store.get_all(keys) == [None] * 12


async def test_sweeping_removes_the_old_only(harness: Harness) -> None:
    await harness.store.put(KEY, b"data")
    harness.clock.ahead_s = 3500
    assert await harness.store.sweep(older_than_s=3600) == 0
    assert await harness.store.get(KEY) is not None
    harness.clock.ahead_s = 3700
    assert await harness.store.sweep(older_than_s=3600) == 1
    assert await harness.store.get(KEY) is None


async def test_sweeping_spares_what_belongs_to_given_ids(harness: Harness) -> None:
    spared, swept = KEY.replace(".webp", "_src.webp"), OTHER.replace(".webp", "_src.webp")
    for key in (spared, swept):
        await harness.store.put(key, b"data")
    harness.clock.ahead_s = 3700
    assert await harness.store.sweep(3600, frozenset({KEY.removesuffix(".webp")})) == 1
    assert await harness.store.get(spared) is not None
    assert await harness.store.get(swept) is None


async def test_sweeping_leaves_what_is_none_of_ours(harness: Harness, tmp_path: Path) -> None:
    """A bucket or folder that holds other things too loses none of them."""
    if isinstance(harness.store, FolderStore):
        theirs = tmp_path / "blobs" / "ab" / "notes.txt"
        theirs.parent.mkdir(parents=True)
        theirs.write_bytes(b"theirs")
    else:
        assert isinstance(harness.store, ObjectStore)
        await obstore.put_async(harness.store._store, f"deeper/{KEY}", b"theirs")
    await harness.store.put(KEY, b"ours")
    harness.clock.ahead_s = 3700
    assert await harness.store.sweep(older_than_s=3600) == 1


async def test_a_bucket_that_is_not_there_is_a_store_that_is_away(s3_server: S3Server) -> None:
    store = open_blob_store(f"s3://nobodys?endpoint={s3_server.endpoint}", UrlSigner(b"", time.time), time.time)
    for asked in (store.put(KEY, b"data"), store.sweep(0)):
        with pytest.raises(BlobStoreFailed):
            await asked


@pytest.mark.parametrize("place", ["folder", "s3"])
async def test_a_store_that_is_away_says_so(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """§3.3: 503, whatever is asked of it."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "file").touch()
    address = str(tmp_path / "file") if place == "folder" else f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}"
    store = open_blob_store(address, UrlSigner(b"", time.time), time.time)
    for asked in (store.put(KEY, b"data"), store.get(KEY), store.claim(KEY, whole), store.delete([KEY])):
        with pytest.raises(BlobStoreFailed) as failure:
            await asked
        assert (failure.value.status, failure.value.headers) == (503, {"Retry-After": "5"})


@pytest.mark.parametrize("harness", ["folder", "hot folder"], indirect=True)
class TestOwnRoutes:
    """What our own signed addresses refuse; a bucket's are its owner's."""

    async def test_a_refused_address_says_why(self, harness: Harness) -> None:
        await harness.store.put(KEY, b"data")
        for_get = await harness.store.signed_get_url(KEY, 60, BASE)
        answer = await harness.send("PUT", for_get, b"other")
        assert (answer.status_code, answer.json()["rc"]) == (403, "BlobAddressInvalid")

    @pytest.mark.parametrize(
        "key", ["..%2F..%2Fsecret.webp", "3f.webp", "3f2b.png", "zz000000.webp", "3f" + "0" * 200 + ".webp"]
    )
    async def test_what_is_no_key_names_nothing(self, harness: Harness, key: str) -> None:
        url = (await harness.store.signed_get_url(KEY, 60, BASE)).replace(KEY, key)
        assert (await harness.send("GET", url)).status_code in (403, 404)

    async def test_a_blob_that_is_gone_is_a_404(self, harness: Harness) -> None:
        answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
        assert (answer.status_code, answer.json()["rc"]) == (404, "BlobNotFound")

    async def test_an_upload_to_what_was_delivered_is_refused(self, harness: Harness) -> None:
        """Also when it began before: nothing is left of it then."""
        await upload(harness, b"picture")
        started, claimed = asyncio.Event(), asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"RIFF"
            started.set()
            await claimed.wait()

        url = await harness.store.signed_put_url(KEY, 60, BASE)
        late = asyncio.create_task(harness.client.put(url, content=body()))
        await started.wait()
        await harness.store.claim(KEY, whole)
        claimed.set()
        for answer in (await late, await upload(harness, b"other")):
            assert (answer.status_code, answer.json()["rc"]) == (403, "BlobAddressInvalid")
            assert "delivered" in answer.json()["message"]
        await harness.store.delete([KEY])
        assert await harness.store.claim(KEY, whole) is None

    async def test_a_picture_opened_by_itself_runs_nothing(self, harness: Harness) -> None:
        await harness.store.put(KEY, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
        answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["content-disposition"].startswith("attachment;")

    async def test_a_picture_is_shown_and_saved_by_what_it_is(self, harness: Harness) -> None:
        await harness.store.put(KEY, b"\xff\xd8\xff")
        answer = await harness.send("GET", await harness.store.signed_get_url(KEY, 60, BASE))
        assert answer.headers["content-disposition"] == f'inline; filename="{KEY.replace(".webp", ".jpeg")}"'

    async def test_an_address_has_one_spelling(self, harness: Harness) -> None:
        await harness.store.put(KEY, b"picture")
        url = await harness.store.signed_get_url(KEY, 60, BASE)
        assert (await harness.send("GET", url.replace("expires=", "expires=0"))).status_code == 403

    async def test_nobody_else_on_the_machine_can_read_it(self, harness: Harness, tmp_path: Path) -> None:
        umask = os.umask(0o022)
        try:
            await upload(harness, b"picture")
            await harness.store.put(KEY, b"other")
            await harness.store.put(OTHER, bytes(100_000))
        finally:
            os.umask(umask)
        made = [tmp_path / "blobs", *(tmp_path / "blobs").rglob("*")]
        assert len(made) == 6
        for path in made:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)

    async def test_folders_that_were_open_to_all_are_closed_at_start(self, harness: Harness, tmp_path: Path) -> None:
        """But what else the operator keeps there is his."""
        folder = tmp_path / "older"
        (folder / "3f").mkdir(parents=True)
        (folder / "theirs").mkdir()
        for path in (folder, folder / "3f", folder / "theirs"):
            path.chmod(0o755)
        store = open_blob_store(str(folder), UrlSigner(b"", time.time), time.time)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "3f", folder / "theirs")]
        assert modes == [0o755, 0o700, 0o755]
        await store.put(KEY, b"picture")
        assert await store.get(KEY) == b"picture"

    async def test_an_upload_over_the_limit_leaves_nothing(
        self, harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("horde_server.blobs.routes.MAX_IMAGE_BYTES", 1000)
        url = await harness.store.signed_put_url(KEY, 60, BASE)
        answer = await harness.send("PUT", url, b"x" * 1001)
        assert (answer.status_code, answer.json()["rc"]) == (413, "BlobTooLarge")
        assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []

    async def test_a_length_over_the_limit_is_refused_before_it_arrives(self, harness: Harness) -> None:
        async def body() -> AsyncIterator[bytes]:
            raise AssertionError("nobody should read this")
            yield b""

        url = await harness.store.signed_put_url(KEY, 60, BASE)
        headers = {"content-length": str(MAX_IMAGE_BYTES + 1)}
        answer = await harness.client.put(url, content=body(), headers=headers)
        assert (answer.status_code, answer.json()["rc"]) == (413, "BlobTooLarge")

    async def test_an_upload_that_cannot_be_written_is_a_503(self, harness: Harness, tmp_path: Path) -> None:
        (tmp_path / "blobs").touch()
        answer = await harness.send("PUT", await harness.store.signed_put_url(KEY, 60, BASE), b"data")
        assert answer.status_code == 503
        assert answer.json()["message"]

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
