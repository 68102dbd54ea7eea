"""How large a result may be (storage.md §4.1): as asked for, roughly, whatever workers' software makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from horde_server.blobs.file_kinds import PictureKind
from horde_server.blobs.structure import Seen, UnusableImage
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.result_sizes import ResultSizes, sizes_of_form, sizes_of_image, upscale_factor
from horde_server.requests.image.vocabulary import UPSCALERS
from horde_server.requests.pictures.source_images import SourceImages


def takes(sizes: ResultSizes, width: int, height: int) -> bool:
    """And pays for it."""
    seen = Seen(PictureKind.WEBP, width, height)
    try:
        sizes.check(seen)
    except UnusableImage:
        return False
    return not sizes.unpaid(seen)


def image(width: int, height: int, *, censored: bool = False, **given: Any) -> ResultSizes:
    return sizes_of_image(ImageOrder("a lighthouse", width=width, height=height, **given), censored=censored)


@pytest.mark.parametrize(
    ("asked", "made", "is_taken"),
    [
        ((3072, 3072), (3072, 3072), True),
        ((3072, 3072), (1, 1), False),
        ((3072, 3072), (512, 512), True),  # of a first pass, or by a worker that cannot do more
        ((3072, 3072), (191, 192), False),
        ((3072, 3072), (6144, 6144), False),
        ((64, 64), (6144, 6144), False),
        ((64, 64), (1024, 1024), True),
        ((64, 64), (1025, 1024), False),
        ((64, 64), (4, 4), True),
        ((1024, 1024), (64, 64), True),
        ((1024, 1024), (63, 64), False),
        ((1984, 1984), (2048, 2048), True),  # rounded up
    ],
)
def test_a_plain_image(asked: tuple[int, int], made: tuple[int, int], is_taken: bool) -> None:
    assert takes(image(*asked), *made) is is_taken


def test_what_is_too_small_is_delivered_and_said_to_earn_nothing() -> None:
    seen = Seen(PictureKind.WEBP, 1, 1)
    sizes = image(3072, 3072)
    sizes.check(seen)
    assert "earns nothing: it has 1×1 pixels" in sizes.unpaid(seen)


def test_upscalers_count() -> None:
    assert {name: upscale_factor((name,)) for name in UPSCALERS if upscale_factor((name,)) != 4} == {
        "RealESRGAN_x2plus": 2,
        "2xModernSpanimationV1": 2,
    }
    larger = image(2048, 2048, post_processing=("GFPGAN", "RealESRGAN_x4plus"))
    assert takes(larger, 8192, 8192)
    assert not takes(larger, 8704, 8704)
    assert not takes(image(2048, 2048, post_processing=("GFPGAN", "strip_background")), 4096, 4096)


def test_a_picture_to_start_from_may_keep_its_own_size() -> None:
    sources = SourceImages("key", pixels=2000 * 1500)
    assert takes(image(512, 512, sources=sources), 2000, 1500)
    assert not takes(image(512, 512, sources=sources), 3000, 2000)
    assert takes(image(3072, 3072, sources=SourceImages("key", pixels=64 * 64)), 64, 64)
    assert not takes(image(512, 512, sources=sources), 1, 1)


def test_of_requests_of_earlier_versions_the_size_of_the_picture_is_not_known() -> None:
    sizes = image(512, 512, sources=SourceImages("key"))
    assert takes(sizes, 3072, 3072)
    assert takes(sizes, 64, 64)
    assert not takes(sizes, 6144, 6144)


def test_what_stands_for_a_censored_image_may_be_small() -> None:
    assert takes(image(3072, 3072, censored=True), 64, 64)
    assert not takes(image(64, 64, censored=True), 6144, 6144)
    assert takes(image(3072, 3072, return_control_map=True), 64, 64)


def test_forms_go_by_their_picture() -> None:
    assert takes(sizes_of_form("RealESRGAN_x4plus", 1500 * 1500), 6000, 6000)
    assert not takes(sizes_of_form("GFPGAN", 1500 * 1500), 3000, 3000)
    assert not takes(sizes_of_form("GFPGAN", 1500 * 1500), 90, 90)
    assert takes(sizes_of_form("strip_background", 1), 1, 1)
