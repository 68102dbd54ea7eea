"""Workers get a request's pictures by an address that outlives their lease, or inline (workers.md §7.4)."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from horde_server.blobs.folder import FolderStore
from horde_server.blobs.signing import UrlSigner
from horde_server.requests.pictures.source_images import ExtraSource, SourceImages
from horde_server.requests.pictures.source_links import HandedSources, SourceImageGone, SourceLinks

ID = "3f2b8c1e-0000-4000-8000-000000000000"
SOURCES = SourceImages(f"{ID}_src.webp", f"{ID}_msk.webp", (ExtraSource(f"{ID}_exra_src_0.webp", 0.25),))
NOW_S = 1_000_000


@pytest.fixture
async def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path, UrlSigner(b"a secret of this test", lambda: NOW_S), lambda: NOW_S)
    for key in SOURCES.keys:
        await store.put(key, key.encode())
    return store


async def handed(store: FolderStore, sources: SourceImages = SOURCES, ttl_s: int = 150, **asked: Any) -> HandedSources:
    takes: dict[str, Any] = {"takes_links": True, "takes_extra": True, **asked}
    return await SourceLinks(store).hand_out(sources, ttl_s=ttl_s, base_url="http://horde.test", **takes)


def lifetime_s(url: str | None) -> int:
    assert url is not None
    return int(parse_qs(urlsplit(url).query)["expires"][0]) - NOW_S


async def test_every_picture_is_given_by_a_signed_address(store: FolderStore) -> None:
    given = await handed(store)
    assert given.extra is not None
    urls = [given.image, given.mask, given.extra[0]["image"]]
    assert [urlsplit(str(url)).path for url in urls] == [f"/api/blobs/{key}" for key in SOURCES.keys]
    assert given.extra[0]["strength"] == 0.25


@pytest.mark.parametrize(("ttl_s", "lasts_s"), [(150, 1800), (1500, 1800), (4000, 4300)])
async def test_an_address_lasts_half_an_hour_and_longer_than_the_lease(
    store: FolderStore, ttl_s: int, lasts_s: int
) -> None:
    assert lifetime_s((await handed(store, ttl_s=ttl_s)).image) == lasts_s


async def test_old_bridges_get_the_pictures_themselves(store: FolderStore) -> None:
    given = await handed(store, takes_links=False)
    assert base64.b64decode(given.image or "") == f"{ID}_src.webp".encode()
    assert base64.b64decode(given.mask or "") == f"{ID}_msk.webp".encode()


async def test_extra_pictures_go_only_to_who_can_use_them(store: FolderStore) -> None:
    assert (await handed(store, takes_extra=False)).extra is None


async def test_what_a_request_lacks_is_null(store: FolderStore) -> None:
    given = await handed(store, SourceImages(image=f"{ID}_src.webp"))
    assert (given.mask, given.extra) == (None, None)


async def test_a_picture_that_went_with_its_request_is_no_job(store: FolderStore) -> None:
    """Without it the worker would make something that nobody asked for."""
    await store.delete(SOURCES.keys)
    with pytest.raises(SourceImageGone):
        await handed(store, takes_links=False)
