"""The palette of known pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from horde_worker.backends.demo_alchemy.colours import distinct, median_cut, nearest
from horde_worker.backends.demo_alchemy.palette import palette


def flag() -> Image.Image:
    """A quarter red, a quarter white, half blue."""
    image = Image.new("RGB", (40, 20), "#0000ff")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 9, 19), fill="#ff0000")
    draw.rectangle((10, 0, 19, 19), fill="#ffffff")
    return image


def test_the_colours_of_a_flag_come_with_their_shares_the_largest_first() -> None:
    """Exactly those that are there."""
    found = palette(flag())
    assert found[0] == {"color": "#0000ff", "share": 0.5}
    assert sorted(one["color"] for one in found[1:]) == ["#ff0000", "#ffffff"]
    assert [one["share"] for one in found[1:]] == [0.25, 0.25]


def test_eight_colours_stand_for_many() -> None:
    """Shares sum up to one, and each colour is near those it stands for."""
    y, x = np.mgrid[0:64, 0:64]
    image = Image.fromarray(np.stack([x * 4, y * 4, np.full_like(x, 90)], axis=-1).astype(np.uint8))
    found = palette(image)
    assert len(found) == 8
    assert sum(one["share"] for one in found) == pytest.approx(1, abs=0.001)
    pixels = np.asarray(image).reshape(-1, 3)
    colours = median_cut(pixels, 8)
    error = np.abs(pixels.astype(int) - colours[nearest(pixels, colours)]).mean()
    assert error < 30  # one colour for all would be off by 42


def test_the_shades_that_compression_makes_of_one_colour_count_as_it() -> None:
    """Nobody could tell them apart."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "WEBP", quality=80)
    [only] = palette(Image.open(file))
    assert only["share"] == 1.0
    assert only["color"] in ("#008080", "#018080", "#008081", "#007f7f", "#018081", "#008180")


def test_transparent_pixels_have_no_colour() -> None:
    """They count neither as a colour nor in the shares."""
    image = flag().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 10, 20))
    assert {one["color"]: one["share"] for one in palette(image)} == {"#0000ff": 0.6667, "#ffffff": 0.3333}
    image.putalpha(0)
    assert palette(image) == []


def test_a_large_picture_mixes_no_colours() -> None:
    """It is looked at smaller, but pixel by pixel."""
    stripes = np.zeros((1200, 1600, 3), np.uint8)
    stripes[:, ::2] = 255
    assert {one["color"] for one in palette(Image.fromarray(stripes))} <= {"#000000", "#ffffff"}


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3000, 1)])
def test_the_least_of_pictures_has_one_colour(size: tuple[int, int]) -> None:
    """Whatever its shape."""
    assert palette(Image.new("RGB", size, "#123456")) == [{"color": "#123456", "share": 1.0}]


def test_distinct_colours_are_counted() -> None:
    """Each once, with how often it occurs."""
    colours, counts = distinct(np.array([[1, 2, 3], [0, 0, 9], [1, 2, 3]], np.uint8))
    assert dict(zip(map(tuple, colours.tolist()), counts.tolist(), strict=True)) == {(0, 0, 9): 1, (1, 2, 3): 2}
