"""Images on their way, on each kind of store (storage.md §1, §2, §4)."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import pytest
from hordes import Horde
from PIL import Image
from places import Places
from transfers import Transfers

from horde_server.blobs import structure


async def test_an_uploaded_result_is_downloaded_by_its_link_without_a_key(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """§2, §4: PUT to the job's address, submit the literal `R2`, GET the link of the status."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    assert (await transfers.put(job["r2_upload"], picture)).status_code == 200
    await horde.submit(owner.api_key, job["id"], generation="R2")
    assert f"{job['id']}.webp" in places.kept("blobs")
    answer = await transfers.get((await horde.status(request_id))["generations"][0]["img"])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, picture, "image/webp")


async def test_an_inline_result_is_kept_under_the_same_key(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """§4.2: base64 is decoded and kept as the upload would have been."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await horde.submit(owner.api_key, job["id"], generation=base64.b64encode(picture).decode())
    assert places.kept("blobs") == {f"{job['id']}.webp"}
    answer = await transfers.get((await horde.status(request_id))["generations"][0]["img"])
    assert answer.content == picture


@pytest.mark.parametrize("way", ["uploaded", "inline"])
async def test_without_r2_the_status_holds_the_image(
    horde: Horde, transfers: Transfers, picture: bytes, way: str
) -> None:
    """§4.3: `r2: false` → base64 in each status; the worker uploads as ever, or sends it with the submit."""
    owner = await horde.account("owner")
    request_id = await horde.request(r2=False)
    job = await horde.job(owner.api_key)
    if way == "uploaded":
        await transfers.put(job["r2_upload"], picture)
    generation = "R2" if way == "uploaded" else base64.b64encode(picture).decode()
    await horde.submit(owner.api_key, job["id"], generation=generation)
    assert base64.b64decode((await horde.status(request_id))["generations"][0]["img"]) == picture


async def test_an_image_that_is_gone_is_not_available(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """§4.3: `N/A`, as the original says it, and the rest of the answer as ever; a link leads to a 404."""
    owner = await horde.account("owner")
    inline, linked = await horde.request(r2=False), await horde.request()
    jobs = [await horde.job(owner.api_key) for _ in range(2)]
    for job in jobs:
        await horde.submit(owner.api_key, job["id"])
        places.remove("blobs", f"{job['id']}.webp")
    gone = (await horde.status(inline))["generations"][0]
    assert (gone["img"], gone["seed"], gone["state"]) == ("N/A", "7", "ok")
    link = (await horde.status(linked))["generations"][0]["img"]
    assert (await transfers.get(link)).status_code == 404


SCRIPT = b"RIFF????WEBP<script>alert(1)</script>"


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"GIF89a" + bytes(26), SCRIPT])
async def test_what_is_no_image_is_refused_at_submit(horde: Horde, transfers: Transfers, content: bytes) -> None:
    """§4.1: a worker can upload anything, but is not paid for it; the job goes back into the queue."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await transfers.put(job["r2_upload"], content)
    assert horde.outcome(await horde.try_submit(owner.api_key, job["id"], generation="R2")) == (400, "BadRequest")
    assert (await horde.check(request_id))["waiting"] == 1


async def test_a_worker_whose_upload_is_missing_may_send_the_next_inline(
    horde: Horde, transfers: Transfers, picture: bytes
) -> None:
    """workers.md §7.5: nobody pays for what is not there; where the image may come inline no address is offered then.

    Until an upload of that worker arrives. Others are not concerned, nor are images that go by link.
    """
    key = (await horde.account("owner")).api_key
    inline = await horde.request(r2=False)
    missed = await horde.job(key)
    refused = await horde.try_submit(key, missed["id"], generation="R2")
    assert horde.outcome(refused) == (400, "BadRequest")
    assert (await horde.check(inline))["waiting"] == 1

    await horde.request(r2=False)
    job = await horde.job(key)
    assert (job["r2_upload"], job["r2_uploads"]) == (None, None)
    await horde.submit(key, job["id"], generation=base64.b64encode(picture).decode())

    assert (await horde.job((await horde.account("another")).api_key, name="another"))["r2_upload"]

    await horde.request()
    linked = await horde.job(key)
    await transfers.put(linked["r2_upload"], picture)
    await horde.submit(key, linked["id"], generation="R2")
    await horde.request(r2=False)
    assert (await horde.job(key))["r2_upload"]


async def test_an_upload_over_the_limit_is_refused_at_submit(
    horde: Horde, transfers: Transfers, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§2.4: no signed address of a bucket limits the size, so the result is looked at."""
    monkeypatch.setattr(structure, "MAX_IMAGE_BYTES", len(picture) + 9)
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await transfers.put(job["r2_upload"], picture + bytes(10))
    assert horde.outcome(await horde.try_submit(owner.api_key, job["id"], generation="R2")) == (400, "BadRequest")
    assert (await horde.check(request_id))["waiting"] == 1


async def test_source_images_lie_apart_and_are_signed_at_each_pop(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """§1.2: their own bucket, keys with `.webp` whatever they came as; §2.2: signed at the pop, not before."""
    owner = await horde.account("owner")
    given = base64.b64encode(picture).decode()
    request_id = await horde.request(
        models=["stable_diffusion_inpainting"], source_processing="inpainting", source_image=given, source_mask=given
    )
    assert places.kept("source_blobs") == {f"{request_id}_src.webp", f"{request_id}_msk.webp"}
    assert places.kept("blobs") == set()
    job = await horde.job(owner.api_key, models=["stable_diffusion_inpainting"])
    for address in (job["source_image"], job["source_mask"]):
        answer = await transfers.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")


async def test_a_link_is_good_for_its_purpose_only(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """§2.1: the address of an upload is neither one of a download nor of another image."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    assert (await transfers.get(job["r2_upload"])).status_code == 403
    await horde.submit(owner.api_key, job["id"])
    link = (await horde.status(request_id))["generations"][0]["img"]
    assert (await transfers.put(link, picture)).status_code == 403


async def test_a_delivered_image_cannot_be_replaced(
    horde: Horde, places: Places, transfers: Transfers, picture: bytes
) -> None:
    """Its address is good for half an hour, and it has been paid for: what comes later is seen by nobody."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await transfers.put(job["r2_upload"], picture)
    await horde.submit(owner.api_key, job["id"], generation="R2")
    late = await transfers.put(job["r2_upload"], b"<!doctype html><script>alert(1)</script>")
    assert late.status_code == (403 if "/api/blobs/" in job["r2_upload"] else 200)
    assert horde.outcome(await horde.try_submit(owner.api_key, job["id"], generation="R2")) == (400, "DuplicateGen")
    link = (await horde.status(request_id))["generations"][0]["img"]
    assert (await transfers.get(link)).content == picture


async def test_an_image_is_shown_as_what_it_is_whatever_its_uploader_said(horde: Horde, transfers: Transfers) -> None:
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await transfers.put(job["r2_upload"], horde.picture(kind="PNG"))
    await horde.submit(owner.api_key, job["id"], generation="R2")
    answer = await transfers.get((await horde.status(request_id))["generations"][0]["img"])
    assert answer.headers["content-type"] == "image/png"


async def try_png(
    horde: Horde, transfers: Transfers, job: dict[str, Any], key: str, way: str, side: int
) -> httpx.Response:
    """Deliver a square PNG, and see what the horde says."""
    target = io.BytesIO()
    Image.new("RGB", (side, side)).save(target, "PNG")
    if way == "uploaded":
        await transfers.put(job["r2_upload"], target.getvalue())
    generation = "R2" if way == "uploaded" else base64.b64encode(target.getvalue()).decode()
    return await horde.try_submit(key, job["id"], generation=generation)


@pytest.mark.parametrize("way", ["uploaded", "inline"])
async def test_an_image_larger_than_asked_for_is_refused(horde: Horde, transfers: Transfers, way: str) -> None:
    """A poster for a stamp: known before anything is decoded."""
    key = (await horde.account("owner")).api_key
    request_id = await horde.request(params={"width": 64, "height": 64})
    refused = await try_png(horde, transfers, await horde.job(key), key, way, 1600)
    assert horde.outcome(refused) == (400, "BadRequest")
    assert "1600×1600 pixels" in refused.json()["message"]
    assert "went back into the queue" in refused.json()["message"]
    assert (await horde.check(request_id))["waiting"] == 1


@pytest.mark.parametrize("way", ["uploaded", "inline"])
async def test_an_image_much_smaller_than_asked_for_is_delivered_and_not_paid(
    horde: Horde, transfers: Transfers, way: str
) -> None:
    """A pixel for a poster: the worker earns nothing, and is told why; the requester pays for the request alone."""
    owner, ada = await horde.account("owner"), await horde.account("ada", kudos=1000)
    request_id = await horde.request(ada.api_key, params={"width": 1024, "height": 1024, "steps": 10})
    taxed = (await horde.user(ada))["kudos"]
    taken = await try_png(horde, transfers, await horde.job(owner.api_key), owner.api_key, way, 1)
    assert taken.status_code == 200
    assert taken.json()["reward"] == 0
    assert "1×1 pixels" in taken.json()["message"]
    await horde.folded()
    assert (await horde.user(ada))["kudos"] == taxed
    assert (await horde.status(request_id))["done"]
