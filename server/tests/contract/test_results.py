"""Results on their way: addresses for uploads, links for downloads. See `storage/` for what depends on the store."""

from __future__ import annotations

import io

import pytest
from PIL import Image


async def test_links_lead_to_the_public_address(start_horde) -> None:
    """design §5: absolute links come from HORDE_URL when set, whatever Host the request named."""
    horde = await start_horde(url="https://horde.example/")
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    assert job["r2_upload"].startswith("https://horde.example/api/blobs/")
    await horde.submit(owner.api_key, job["id"])
    assert (await horde.status(request_id))["generations"][0]["img"].startswith("https://horde.example/api/blobs/")


async def test_links_lead_to_the_host_that_was_asked(horde) -> None:
    """design §5: else from the request's scheme and Host."""
    owner = await horde.account("owner")
    await horde.request()
    assert (await horde.job(owner.api_key))["r2_upload"].startswith("http://horde.test/api/blobs/")


async def test_what_was_uploaded_is_downloaded_by_link_without_a_key(horde) -> None:
    """§2.9, §3.7: PUT to the job's address, submit "R2", GET the link: the same bytes, WebP, open to any web page."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(target, "WEBP")
    uploaded = target.getvalue()
    assert (await horde.client.put(job["r2_upload"], content=uploaded)).status_code == 200
    await horde.submit(owner.api_key, job["id"], generation="R2")
    link = (await horde.status(request_id))["generations"][0]["img"]
    answer = await horde.client.get(link)
    assert (answer.content, answer.headers["content-type"]) == (uploaded, "image/webp")
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("content", [b"", b"<!doctype html><script>alert(1)</script>", b"RIFF"])
async def test_an_upload_that_is_no_picture_is_refused(horde, content: bytes) -> None:
    """§3.7, D13: what was uploaded is looked at before it is paid and handed on."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await horde.client.put(job["r2_upload"], content=content)
    assert (await horde.try_submit(owner.api_key, job["id"], generation="R2")).status_code == 400
    assert (await horde.check(request_id))["finished"] == 0


async def test_a_result_that_was_never_uploaded_is_refused(horde) -> None:
    """§3.7, D13: "R2" without an upload is 400, and the job goes back into the queue."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    assert (await horde.try_submit(owner.api_key, job["id"], generation="R2")).status_code == 400
    assert (await horde.check(request_id))["waiting"] == 1
