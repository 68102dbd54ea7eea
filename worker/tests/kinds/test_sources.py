"""Source pictures and masks: from addresses and from base64, with limits; what cannot be had is told, not a fault."""

from __future__ import annotations

import asyncio
import base64
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import aiohttp
import numpy as np
import pytest
from PIL import Image
from played_horde import Answer, PlayedHorde
from workshop import Naps, Workshop

from horde_worker.backends.demo_backend import DemoBackend
from horde_worker.backends.image import ImageJob, Remark
from horde_worker.backends.interface import BackendSettings
from horde_worker.kinds.image.popped import read_image_pop
from horde_worker.kinds.sources import MAX_PIXELS, SourceFailure, SourceFetcher
from horde_worker.named_places import DOWNLOAD_LIMIT_BYTES, DOWNLOAD_TRIES, NamedPlaces

Fill = Callable[..., Any]


def encoded(image: Image.Image, kind: str = "WEBP") -> bytes:
    """A picture as a file."""
    target = io.BytesIO()
    image.save(target, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return target.getvalue()


GREEN = encoded(Image.new("RGB", (64, 48), (50, 165, 70)))
INLINE = base64.b64encode(GREEN).decode()


def half_clear() -> bytes:
    """Opaque on the left, transparent on the right."""
    image = Image.new("RGBA", (64, 64), (50, 165, 70, 255))
    image.paste((0, 0, 0, 0), (32, 0, 64, 64))
    return encoded(image, "PNG")


def huge_png(side: int) -> bytes:
    """A few bytes that say they are a picture of side × side: a decompression bomb."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def a_job(**answer: Any) -> ImageJob:
    """A job with a source, as popped."""
    payload = answer.pop("payload", {})
    job = read_image_pop({"ids": ["a"], "model": "paint", "payload": {"prompt": "a circle", **payload}, **answer})
    assert job is not None
    return job


@pytest.fixture
def fetcher(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps) -> SourceFetcher:
    """Fetches from the played horde."""
    return SourceFetcher(NamedPlaces(session, horde.url, naps), limit_s=10)


@pytest.fixture
def shelved(horde: PlayedHorde, answer: type[Answer]) -> Callable[[str, bytes], str]:
    """Puts bytes where they can be downloaded; their address."""

    def put(name: str, data: bytes) -> str:
        horde.shelf[name] = answer(body=data)
        return f"{horde.url}/shelf/{name}"

    return put


# ------------------------------------------------------------------------ what a pop says


def test_a_job_without_a_source_is_painted_from_noise_alone() -> None:
    """Whatever strength and mask it brings."""
    job = a_job(payload={"denoising_strength": 0.4}, source_mask=INLINE, source_processing="inpainting")
    assert (job.given, job.denoising_strength) == (None, 1.0)


@pytest.mark.parametrize(
    ("processing", "wished", "is_inpainting", "strength"),
    [
        ("img2img", None, False, 0.75),
        (None, None, False, 0.75),
        ("img2img", 0.4, False, 0.4),
        ("inpainting", None, True, 1.0),
        ("outpainting", 0.9, True, 0.9),
        ("remix", 7, False, 1.0),
        ("img2img", "nan", False, 0.75),
        ("img2img", -1, False, 0.01),
    ],
)
def test_processing_and_strength_are_read(
    processing: str | None, wished: Any, is_inpainting: bool, strength: float
) -> None:
    """Defaults of workers.md §7.4; outpainting is inpainting."""
    payload = {} if wished is None else {"denoising_strength": wished}
    job = a_job(source_image=INLINE, source_processing=processing, payload=payload)
    assert job.given is not None
    assert (job.given.is_inpainting, job.denoising_strength) == (is_inpainting, strength)


# ------------------------------------------------------------------------ fetching


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
async def test_a_source_comes_from_an_address(fetcher: SourceFetcher, shelved: Fill, kind: str) -> None:
    """In the formats that hordes send."""
    url = shelved("source", encoded(Image.new("RGB", (64, 48), (50, 165, 70)), kind))
    job = await fetcher.filled(a_job(source_image=url))
    assert job.source is not None
    assert (job.source.size, job.source.mode, job.mask, job.source_remarks) == ((64, 48), "RGB", None, ())
    assert np.abs(np.asarray(job.source, dtype=int) - (50, 165, 70)).max() < 8


@pytest.mark.parametrize("prefix", ["", "data:image/webp;base64,"])
async def test_a_source_comes_in_base64(fetcher: SourceFetcher, prefix: str) -> None:
    """To workers that hordes do not know (§7.4)."""
    job = await fetcher.filled(a_job(source_image=prefix + INLINE))
    assert job.source is not None
    assert job.source.size == (64, 48)


async def test_a_mask_is_white_where_the_picture_is_painted_anew(fetcher: SourceFetcher, shelved: Fill) -> None:
    """An explicit mask is taken as it is."""
    mask = Image.new("L", (64, 48), 0)
    mask.paste(255, (0, 0, 32, 48))
    job = await fetcher.filled(a_job(source_image=INLINE, source_mask=shelved("mask", encoded(mask, "PNG"))))
    assert job.mask is not None
    assert (job.mask.mode, job.mask.getpixel((5, 5)), job.mask.getpixel((60, 5))) == ("L", 255, 0)


async def test_a_transparent_part_is_painted_anew(fetcher: SourceFetcher, shelved: Fill) -> None:
    """Where there is no mask, the alpha channel is one; for inpainting only."""
    url = shelved("source", half_clear())
    job = await fetcher.filled(a_job(source_image=url, source_processing="inpainting"))
    assert job.mask is not None
    assert (job.mask.getpixel((5, 5)), job.mask.getpixel((60, 5)), job.source_remarks) == (0, 255, ())
    assert (await fetcher.filled(a_job(source_image=url))).mask is None


async def test_inpainting_without_any_mask_paints_all_of_it_and_says_so(fetcher: SourceFetcher) -> None:
    """The requester sees in the metadata why nothing was kept."""
    job = await fetcher.filled(a_job(source_image=INLINE, source_processing="inpainting"))
    assert job.source is not None
    assert (job.mask, job.source_remarks) == (None, (Remark("source_mask", "parse_failed", "source_mask"),))


# ------------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"", "parse_failed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "parse_failed"),
        (GREEN[:40], "parse_failed"),
        (huge_png(6000), "parse_failed"),
        (huge_png(60_000), "parse_failed"),
        (b"\0" * (DOWNLOAD_LIMIT_BYTES + 1), "download_failed"),
    ],
    ids=["empty", "svg", "cut off", "many pixels", "bomb", "large"],
)
async def test_a_source_that_is_no_picture_is_left_out(
    fetcher: SourceFetcher, shelved: Fill, data: bytes, value: str
) -> None:
    """The picture is painted from noise, and the metadata says why (§7.4)."""
    assert MAX_PIXELS < 6000 * 6000
    job = await fetcher.filled(a_job(source_image=shelved("source", data), payload={"denoising_strength": 0.3}))
    assert (job.source, job.denoising_strength) == (None, 1.0)
    assert job.source_remarks == (Remark("source_image", value, "source_image"),)


@pytest.mark.parametrize(
    "text", ["no base64!", "naïve", "QUJD", "data:,", "file:///etc/passwd", "ftp://example.org/a.webp"]
)
async def test_a_text_that_is_no_picture_is_left_out(fetcher: SourceFetcher, text: str) -> None:
    """And never opened as a file or by another protocol."""
    job = await fetcher.filled(a_job(source_image=text))
    assert job.source_remarks == (Remark("source_image", "parse_failed", "source_image"),)


async def test_a_mask_that_cannot_be_had_is_told(fetcher: SourceFetcher, horde: PlayedHorde) -> None:
    """The source still counts."""
    job = await fetcher.filled(a_job(source_image=INLINE, source_mask=f"{horde.url}/shelf/none"))
    assert job.source is not None
    assert (job.mask, job.source_remarks) == (None, (Remark("source_mask", "download_failed", "source_mask"),))


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.8/a", "http://127.0.0.2:1/a", "http://169.254.169.254/latest", "http://[", "https://[::1]/a"],
)
async def test_no_source_is_fetched_from_a_private_network(fetcher: SourceFetcher, address: str) -> None:
    """Whoever made the horde send the address."""
    job = await fetcher.filled(a_job(source_image=address))
    assert job.source_remarks == (Remark("source_image", "download_failed", "source_image"),)


async def test_a_redirect_is_not_followed(
    fetcher: SourceFetcher, horde: PlayedHorde, shelved: Fill, answer: type[Answer]
) -> None:
    """It might lead into a private network."""
    horde.shelf["moved"] = answer(302, headers={"Location": shelved("source", GREEN)})
    job = await fetcher.filled(a_job(source_image=f"{horde.url}/shelf/moved"))
    assert job.source_remarks == (Remark("source_image", "download_failed", "source_image"),)
    assert horde.downloads == ["moved"]


@pytest.mark.parametrize(("status", "tries"), [(503, DOWNLOAD_TRIES), (429, DOWNLOAD_TRIES), (404, 1), (403, 1)])
async def test_a_store_that_may_recover_is_asked_again(
    fetcher: SourceFetcher, horde: PlayedHorde, answer: type[Answer], status: int, tries: int
) -> None:
    """And one that says no, is not."""
    horde.shelf["source"] = answer(status)
    await fetcher.filled(a_job(source_image=f"{horde.url}/shelf/source"))
    assert len(horde.downloads) == tries


# ------------------------------------------------------------------------ through the loop


async def test_the_backend_gets_the_source_and_the_horde_the_remarks(horde: PlayedHorde, workshop: Workshop) -> None:
    """What could not be had is in the metadata of the result."""
    horde.pop_script = [
        horde.job("j1", source_image=INLINE, source_processing="img2img", payload={"denoising_strength": 0.4}),
        horde.job("j2", source_image=f"{horde.url}/shelf/none", source_processing="img2img"),
    ]
    workshop.start(jobs_wanted=2)
    await workshop.ended()
    first, second = workshop.painter.jobs
    assert first.source is not None and second.source is None
    assert first.denoising_strength == 0.4
    assert horde.submit_of("j1")["gen_metadata"] == []
    assert horde.submit_of("j2")["gen_metadata"] == [
        {"type": "source_image", "value": "download_failed", "ref": "source_image"}
    ]


async def test_leaving_does_not_wait_for_a_slow_source(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """The job is given back at once."""
    horde.shelf["slow"] = answer(gate=asyncio.Event())
    horde.pop_script = [horde.job("j1", source_image=f"{horde.url}/shelf/slow")]
    worker = workshop.start()
    await horde.until(lambda: horde.downloads)
    worker.leave()
    await workshop.ended()
    assert horde.fault_of("j1") == "the worker is leaving"


async def test_inpainting_changes_only_what_the_mask_shows(horde: PlayedHorde, workshop: Workshop) -> None:
    """From pop to upload, with the real model: what stays is the source, up to WebP."""
    source = Image.new("RGB", (128, 128), (50, 165, 70))
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (64, 0, 128, 128))
    horde.pop_script = [
        horde.job(
            "j1",
            model="ember-demo",
            payload={"prompt": "a red square on a blue background", "width": 128, "height": 128, "ddim_steps": 8},
            source_image=base64.b64encode(encoded(source)).decode(),
            source_mask=base64.b64encode(encoded(mask, "PNG")).decode(),
            source_processing="inpainting",
        )
    ]
    demo = await DemoBackend.open(BackendSettings("demo"))
    workshop.start(maker=demo, models=("ember-demo",), jobs_wanted=1)
    await workshop.ended()
    painted = np.asarray(Image.open(io.BytesIO(horde.uploads[0].data)).convert("RGB"), dtype=int)
    difference = np.abs(painted - np.asarray(source, dtype=int)).mean(axis=2)
    assert difference[:, :56].max() < 12
    assert difference[:, 72:].mean() > 40


# ------------------------------------------------------------------------ sources of alchemy


def animated() -> bytes:
    """A red picture, then a blue one."""
    target = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(
        target, "WEBP", save_all=True, append_images=[Image.new("RGB", (20, 10), "blue")], lossless=True
    )
    return target.getvalue()


def sixteen_bit() -> bytes:
    """Grey from black to white, 65536 shades."""
    target = io.BytesIO()
    Image.fromarray(np.linspace(0, 65535, 256 * 16).reshape(16, 256).astype(np.uint16)).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("raw", "size", "first", "last"),
    [
        (animated(), (20, 10), (255, 0, 0), (255, 0, 0)),
        (encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"), (16, 16), (255, 0, 0), (255, 0, 0)),
        (sixteen_bit(), (256, 16), (0, 0, 0), (255, 255, 255)),
        (encoded(Image.new("1", (9, 9), 1), "PNG"), (9, 9), (255, 255, 255), (255, 255, 255)),
        (encoded(Image.new("P", (9, 9), 0), "PNG"), (9, 9), (0, 0, 0), (0, 0, 0)),
        (encoded(Image.new("RGB", (1, 1), "blue"), "PNG"), (1, 1), (0, 0, 255), (0, 0, 255)),
    ],
    ids=["animated", "CMYK", "16 bits", "1 bit", "palette", "1x1"],
)
async def test_pictures_of_every_make_are_read(
    fetcher: SourceFetcher,
    shelved: Fill,
    raw: bytes,
    size: tuple[int, int],
    first: tuple[int, ...],
    last: tuple[int, ...],
) -> None:
    """As red, green and blue of eight bits; of an animation, the first picture."""
    picture = await fetcher.fetched(shelved("source", raw))
    assert isinstance(picture, Image.Image)
    assert (picture.mode, picture.size) == ("RGB", size)
    assert (picture.getpixel((0, 0)), picture.getpixel((size[0] - 1, size[1] - 1))) == (first, last)


@pytest.mark.parametrize(
    "raw",
    [
        GREEN[:-20],
        encoded(Image.new("RGB", (400, 400)), "JPEG")[:600],
        huge_png(20_000),
        huge_png(6_000),
        b"<svg/>",
        b"",
    ],
    ids=["truncated WebP", "truncated JPEG", "bomb", "too many pixels", "SVG", "empty"],
)
async def test_what_is_no_whole_picture_of_bearable_size_is_told(
    fetcher: SourceFetcher, shelved: Fill, raw: bytes
) -> None:
    """Without an error, and without unpacking it."""
    failure = await fetcher.fetched(shelved("source", raw))
    assert isinstance(failure, SourceFailure)
    assert failure.value == "parse_failed"
