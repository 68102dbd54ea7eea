"""Results on their way: addresses for uploads, links for downloads. See `storage/` for what depends on the store."""

from __future__ import annotations

import asyncio
import base64
import io
import threading

import pytest
from hordes import Horde, StartHorde
from PIL import Image

from horde_server.blobs.decoding import Decoders, TooManyPictures


async def test_links_lead_to_the_public_address(start_horde: StartHorde) -> None:
    """Absolute links come from HORDE_URL when set, whatever Host the request named."""
    horde = await start_horde(url="https://horde.example/")
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    assert job["r2_upload"].startswith("https://horde.example/api/blobs/")
    await horde.submit(owner.api_key, job["id"])
    assert (await horde.status(request_id))["generations"][0]["img"].startswith("https://horde.example/api/blobs/")


async def test_links_lead_to_the_host_that_was_asked(horde: Horde) -> None:
    """Else from the request's scheme and Host."""
    owner = await horde.account("owner")
    await horde.request()
    assert (await horde.job(owner.api_key))["r2_upload"].startswith("http://horde.test/api/blobs/")


async def test_what_was_uploaded_is_downloaded_by_link_without_a_key(horde: Horde) -> None:
    """requests.md §9.7: PUT to the job's address, submit "R2", GET the link: the same bytes, open to any web page."""
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
async def test_an_upload_that_is_no_picture_is_refused(horde: Horde, content: bytes) -> None:
    """workers.md §8.9: what was uploaded is looked at before it is paid and handed on."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await horde.client.put(job["r2_upload"], content=content)
    assert (await horde.try_submit(owner.api_key, job["id"], generation="R2")).status_code == 400
    assert (await horde.check(request_id))["finished"] == 0


async def test_a_result_that_was_never_uploaded_is_refused(horde: Horde) -> None:
    """workers.md §8.9: "R2" without an upload is 400, and the job goes back into the queue."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    assert (await horde.try_submit(owner.api_key, job["id"], generation="R2")).status_code == 400
    assert (await horde.check(request_id))["waiting"] == 1


async def test_an_inline_image_is_kept_upright_and_as_webp(horde: Horde) -> None:
    """A worker that hands on what a camera noted means it as people see it."""
    owner = await horde.account("owner")
    request_id = await horde.request(r2=False)
    job = await horde.job(owner.api_key)
    image, exif, target = Image.new("RGB", (128, 64), "teal"), Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    image.save(target, "JPEG", exif=exif.tobytes())
    await horde.submit(owner.api_key, job["id"], generation=base64.b64encode(target.getvalue()).decode())
    kept = base64.b64decode((await horde.status(request_id))["generations"][0]["img"])
    with Image.open(io.BytesIO(kept)) as opened:
        assert (opened.format, opened.size) == ("WEBP", (64, 128))


async def test_huge_images_for_a_small_job_cost_neither_memory_nor_time(horde: Horde) -> None:
    """Six at a time, each 6144×6144 in 110 kB, once took 2 GB and everybody's threads for a minute."""
    target = io.BytesIO()
    Image.new("1", (6144, 6144)).save(target, "PNG")
    bomb = base64.b64encode(target.getvalue()).decode()
    owner = await horde.account("owner")
    await horde.request(params={"width": 64, "height": 64, "n": 6})
    jobs = [await horde.job(owner.api_key, amount=1) for _ in range(6)]
    decodings = threading.active_count()
    answers = await asyncio.gather(*(horde.try_submit(owner.api_key, job["id"], generation=bomb) for job in jobs))
    assert {horde.outcome(answer) for answer in answers} == {(400, "BadRequest")}
    assert threading.active_count() == decodings, "nothing was decoded"


async def test_a_result_that_waits_too_long_for_its_decoding_stays_its_workers(
    horde: Horde, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503: the worker sends it again, and is paid."""
    owner = await horde.account("owner")
    await horde.request()
    job = await horde.job(owner.api_key)
    target = io.BytesIO()
    Image.new("RGB", (512, 512)).save(target, "PNG")
    generation = base64.b64encode(target.getvalue()).decode()

    async def full(*_: object) -> None:
        raise TooManyPictures

    with monkeypatch.context() as patch:
        patch.setattr(Decoders, "run", full)
        refused = await horde.try_submit(owner.api_key, job["id"], generation=generation)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "3")
    assert (await horde.submit(owner.api_key, job["id"], generation=generation))["reward"] > 0


async def test_a_missed_upload_is_known_to_all_servers(start_horde: StartHorde) -> None:
    """Whichever of them the worker asks next: it may send its next image inline."""
    one, other = await start_horde(), await start_horde()
    key = (await one.account("owner")).api_key
    await one.request(r2=False)
    job = await one.job(key)
    assert (await one.try_submit(key, job["id"], generation="R2")).status_code == 400

    async def other_offers_no_address() -> bool:
        await other.request(r2=False)
        return (await other.job(key))["r2_upload"] is None

    await one.until(other_offers_no_address, "the other server has heard of it")
