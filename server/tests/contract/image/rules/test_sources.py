"""Source images on their way to the worker: by base64, as addresses or inline (workers.md §7.4, requests.md §5.1)."""

from __future__ import annotations

import base64
import io

import pytest
from hordes import Horde, Pop
from PIL import Image

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASCADE = "Stable Cascade 1.0"
TEAL, RED, BLUE = (0, 128, 128), (200, 30, 30), (30, 30, 200)


def png(color: tuple[int, ...], size: tuple[int, int] = (96, 64)) -> str:
    """A plain PNG as base64."""
    target = io.BytesIO()
    Image.new("RGB" if len(color) == 3 else "RGBA", size, color).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


def shown(data: bytes) -> tuple[str | None, tuple[int, int], tuple[int, ...]]:
    """Format, size and color of a plain picture; the color in steps of 16, as WebP loses some."""
    with Image.open(io.BytesIO(data)) as opened:
        pixel = opened.convert("RGBA").getpixel((opened.width // 2, opened.height // 2))
        assert isinstance(pixel, tuple)
        return opened.format, opened.size, tuple(round(part / 16) for part in pixel)


def like(color: tuple[int, ...], size: tuple[int, int] = (96, 64)) -> tuple[str, tuple[int, int], tuple[int, ...]]:
    return "WEBP", size, tuple(round(part / 16) for part in (*color, 255)[:4])


async def fetched(horde: Horde, address: str) -> bytes:
    """What lies at an address of a pop's answer; without a key."""
    answer = await horde.client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/webp"
    return bytes(answer.content)


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
async def test_a_source_image_comes_to_the_worker_as_a_webp_by_address(
    horde: Horde, asker: str, pop: Pop, prefix: str
) -> None:
    """requests.md §5.1: base64, also as a `data:` URI, is encoded anew as WebP; the address is good without a key."""
    await horde.request(asker, source_image=prefix + png(TEAL))
    job = await pop(models=["stable_diffusion"])
    assert shown(await fetched(horde, job["source_image"])) == like(TEAL)
    assert (job["source_processing"], job["source_mask"], job["extra_source_images"]) == ("img2img", None, None)
    assert job["id"] not in job["source_image"]


@pytest.mark.parametrize("processing", ["inpainting", "outpainting"])
async def test_a_mask_comes_with_its_image(horde: Horde, asker: str, pop: Pop, processing: str) -> None:
    """§7.4: `source_mask` is an address too, `source_processing` as asked."""
    await horde.request(
        asker, models=["stable_diffusion_inpainting"], source_processing=processing,
        source_image=png(TEAL), source_mask=png(RED, (64, 64)),
    )  # fmt: skip
    job = await pop(models=["stable_diffusion_inpainting"])
    assert job["source_processing"] == processing
    assert shown(await fetched(horde, job["source_image"])) == like(TEAL)
    assert shown(await fetched(horde, job["source_mask"])) == like(RED, (64, 64))


async def test_transparent_parts_survive(horde: Horde, asker: str, pop: Pop) -> None:
    """storage.md §3.1: stored with exact alpha: it is the mask of an inpainting without one."""
    await horde.request(
        asker,
        models=["stable_diffusion_inpainting"],
        source_processing="inpainting",
        source_image=png((*TEAL, 96)),
    )
    job = await pop(models=["stable_diffusion_inpainting"])
    assert shown(await fetched(horde, job["source_image"])) == like((*TEAL, 96))


async def test_a_remix_has_more_images_with_their_strengths(horde: Horde, trusted: str, pop: Pop) -> None:
    """requests.md §5.1, workers.md §7.4: `extra_source_images` as addresses, strength 1 unless told, in their order."""
    extra = [{"image": png(RED), "strength": 0.5}, {"image": png(BLUE)}]
    await horde.request(
        trusted, models=[CASCADE], source_processing="remix", source_image=png(TEAL), extra_source_images=extra
    )
    job = await pop(models=[CASCADE])
    assert shown(await fetched(horde, job["source_image"])) == like(TEAL)
    assert [image["strength"] for image in job["extra_source_images"]] == [0.5, 1.0]
    pictures = [shown(await fetched(horde, image["image"])) for image in job["extra_source_images"]]
    assert pictures == [like(RED), like(BLUE)]


async def test_every_picture_of_a_request_comes_upright(horde: Horde, trusted: str, pop: Pop) -> None:
    """As people see it on their screen: the worker gets no note of the camera's to turn it by."""
    image, exif, target = Image.new("RGB", (96, 64), TEAL), Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    image.save(target, "JPEG", exif=exif.tobytes())
    lying = base64.b64encode(target.getvalue()).decode()
    await horde.request(
        trusted,
        models=[CASCADE],
        source_processing="remix",
        source_image=lying,
        source_mask=lying,
        extra_source_images=[{"image": lying}],
    )
    job = await pop(models=[CASCADE])
    addresses = [job["source_image"], job["source_mask"], job["extra_source_images"][0]["image"]]
    assert [shown(await fetched(horde, address)) for address in addresses] == [like(TEAL, (64, 96))] * 3


async def test_extra_images_cost_five_each_at_once(horde: Horde, module_horde: Horde) -> None:
    """requests.md §6.3: the tax is 3 and 5 per extra source image."""
    payer = await module_horde.account("payer", trusted=True, kudos=1000)
    request_id = await horde.request(
        payer.api_key,
        models=[CASCADE],
        source_processing="remix",
        source_image=png(TEAL),
        extra_source_images=[{"image": png(RED)}, {"image": png(BLUE)}],
    )
    assert (await horde.check(request_id))["kudos"] == 13


async def test_old_bridges_get_the_images_themselves(horde: Horde, asker: str, pop: Pop) -> None:
    """§7.4: base64 for bridges without `r2_source`."""
    await horde.request(asker, source_image=png(TEAL))
    job = await pop(models=["stable_diffusion"], bridge_agent="AI Horde Worker:13:x")
    assert shown(base64.b64decode(job["source_image"])) == like(TEAL)


async def test_without_an_image_the_processing_is_img2img(horde: Horde, asker: str, pop: Pop) -> None:
    """§7.4: as requested if there is a source image, else the literal `img2img`; the keys are null."""
    await horde.request(asker, source_processing="outpainting")
    job = await pop(models=["stable_diffusion"])
    assert job["source_processing"] == "img2img"
    assert (job["source_image"], job["source_mask"], job["extra_source_images"]) == (None, None, None)


async def test_every_hand_out_signs_its_own_addresses(horde: Horde, asker: str, pop: Pop) -> None:
    """Signed at hand-out, not when the request came; each batch gets good ones."""
    await horde.request(asker, source_image=png(TEAL), params={"n": 2})
    for _ in range(2):
        job = await pop(models=["stable_diffusion"])
        assert shown(await fetched(horde, job["source_image"])) == like(TEAL)
    assert (await horde.client.get(job["source_image"].partition("?")[0])).status_code in (401, 403, 404)


async def test_a_dry_run_reads_no_images(horde: Horde, rich: str) -> None:
    """requests.md §3.29, §3.30: source images come after the dry run's answer; the price counts them."""
    plain = (await horde.ask(rich, dry_run=True)).json()["kudos"]
    answer = await horde.ask(rich, dry_run=True, source_image="bm8=")
    assert answer.status_code == 200
    assert answer.json()["kudos"] > plain


async def test_an_image_that_went_while_it_was_handed_out_is_no_job(horde: Horde, asker: str, pop: Pop) -> None:
    """§7.4: → 410 `RequestExpired`, and no answer with half of what the job needs."""
    request_id = await horde.request(asker, source_image=png(TEAL))
    for path in (horde.settings.data / "blobs").rglob(f"{request_id}*"):
        path.unlink()
    owner = await horde.account("late", columns={"worker_invited": 1000})
    answer = await horde.try_pop(owner.api_key, "late worker", bridge_agent="AI Horde Worker:13:x")
    assert horde.outcome(answer) == (410, "RequestExpired")
