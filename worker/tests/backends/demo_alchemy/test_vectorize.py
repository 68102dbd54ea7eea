"""Drawings: well-formed, bounded, and, painted again by a small painter of our own, like the picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from horde_worker.backends.demo_alchemy.contours import outlines
from horde_worker.backends.demo_alchemy.vectorize import LARGEST_SVG_BYTES, Stopped, vectorize

SVG = "{http://www.w3.org/2000/svg}"
PATH = re.compile(r"(M\d+ \d+l(-?\d+[ -]?)+z)+")


def painted(svg: str, times: int = 1) -> Image.Image:
    """The drawing on transparent ground, each path filled by the even-odd rule at twice the size, then shrunk."""
    root = ET.fromstring(svg)
    size = (int(root.attrib["width"]) * 2 * times, int(root.attrib["height"]) * 2 * times)
    left, top, width, height = map(int, root.attrib["viewBox"].split())
    assert (root.tag, left, top) == (f"{SVG}svg", 0, 0)
    canvas = Image.new("RGBA", size)
    for shape in root:
        mask = Image.new("1", size, shape.tag == f"{SVG}rect")
        if shape.tag == f"{SVG}path":
            assert shape.attrib["fill-rule"] == "evenodd"
            for corners in subpaths(shape.attrib["d"]):
                one = Image.new("1", size)
                scaled = [(x * size[0] / width, y * size[1] / height) for x, y in corners]
                ImageDraw.Draw(one).polygon(scaled, fill=1)
                mask = ImageChops.logical_xor(mask, one)
        canvas.paste(shape.attrib["fill"], mask=mask)
    return canvas.resize((size[0] // 2, size[1] // 2), Image.Resampling.BOX)


def subpaths(data: str) -> list[list[tuple[int, int]]]:
    """The corners of each closed subpath."""
    assert PATH.fullmatch(data), data[:80]
    found = []
    for part in data.split("M")[1:]:
        x, y, *steps = map(int, re.findall(r"-?\d+", part))
        corners = [(x, y)]
        for step_x, step_y in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + step_x, y + step_y
            corners.append((x, y))
        found.append(corners)
    return found


def psnr(one: Image.Image, other: Image.Image) -> float:
    """How alike two pictures of one size are, in decibels."""
    error = np.mean((np.asarray(one.convert("RGB"), float) - np.asarray(other.convert("RGB"), float)) ** 2)
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def shapes() -> Image.Image:
    """Few colours, a hole, and shapes that touch."""
    image = Image.new("RGB", (300, 220), "#203050")
    draw = ImageDraw.Draw(image)
    draw.ellipse((30, 30, 190, 190), fill="#e0b040")
    draw.ellipse((80, 80, 140, 140), fill="#203050")
    draw.rectangle((190, 60, 270, 160), fill="#b03040")
    draw.rectangle((230, 100, 299, 219), fill="#f0f0f0")
    return image


def photograph() -> Image.Image:
    """Many colours, soft and hard edges, some grain."""
    y, x = np.mgrid[0:240, 0:320]
    sky = np.stack([90 + x // 4, 130 + y // 4, 220 - y // 4], axis=-1).astype(float)
    sky[(x - 90) ** 2 + (y - 70) ** 2 < 40**2] = (250, 220, 120)
    sky[y > 150 + 20 * np.sin(x / 30)] = (40, 90, 50)
    sky += np.random.default_rng(3).normal(0, 6, sky.shape)
    return Image.fromarray(np.clip(sky, 0, 255).astype(np.uint8))


def test_a_picture_of_few_colours_is_drawn_as_it_is() -> None:
    """Exactly its colours, and only the edges differ."""
    svg = vectorize(shapes())
    assert set(re.findall(r'fill="(#\w+)"', svg)) == {"#203050", "#e0b040", "#b03040", "#f0f0f0"}
    assert psnr(painted(svg), shapes()) > 30
    assert len(svg) < 4000


def test_a_photograph_is_drawn_close_to_what_it_shows() -> None:
    """In sixteen colours; the best single colour would reach 12 dB."""
    svg = vectorize(photograph())
    assert len(set(re.findall(r'fill="(#\w+)"', svg))) <= 16
    assert psnr(painted(svg), photograph()) > 24


def test_there_are_no_gaps_between_shapes() -> None:
    """Every pixel of an opaque picture is painted."""
    assert np.asarray(painted(vectorize(photograph())))[..., 3].min() == 255


def test_transparent_parts_stay_empty() -> None:
    """And the rest is painted."""
    image = Image.new("RGBA", (80, 80))
    ImageDraw.Draw(image).rectangle((20, 20, 59, 59), fill="#ff0000")
    shown = painted(vectorize(image))
    assert shown.getpixel((40, 40)) == (255, 0, 0, 255)
    assert shown.getpixel((5, 5)) == (0, 0, 0, 0)
    image.putalpha(0)
    assert list(ET.fromstring(vectorize(image))) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (3000, 1), (2, 2)])
def test_the_least_of_pictures_is_drawn_in_full(size: tuple[int, int]) -> None:
    """At its size, whatever its shape."""
    image = Image.new("RGB", size, "#123456")
    shown = painted(vectorize(image))
    assert shown.size == size
    assert psnr(shown, image) == 99.0


def test_pixels_of_a_small_picture_stay_squares() -> None:
    """A chequered icon of 4×4 is drawn in all its fields."""
    fields = np.indices((4, 4)).sum(axis=0) % 2 * 255
    icon = Image.fromarray(fields.astype(np.uint8)).convert("RGB")
    shown = painted(vectorize(icon), times=32)
    assert psnr(shown, icon.resize((128, 128), Image.Resampling.NEAREST)) > 18
    assert [shown.getchannel("R").getpixel((32 * x + 16, 16)) for x in range(4)] == [0, 255, 0, 255]


@pytest.mark.parametrize("colours", [16, 256])
def test_noise_is_drawn_smaller_until_it_is_short_enough(colours: int) -> None:
    """No picture makes a drawing of more than 128 KiB."""
    noise = np.random.default_rng(1).integers(0, colours, (400, 400)) * (255 // (colours - 1))
    svg = vectorize(Image.fromarray(noise.astype(np.uint8)).convert("RGB"))
    assert LARGEST_SVG_BYTES / 16 < len(svg) <= LARGEST_SVG_BYTES
    ET.fromstring(svg)


def test_a_drawing_nobody_wants_is_not_finished() -> None:
    """It looks between two colours."""
    with pytest.raises(Stopped):
        vectorize(shapes(), lambda: True)


def test_outlines_enclose_exactly_the_middles_of_set_pixels() -> None:
    """Holes and islands included, by the even-odd rule."""
    mask = np.random.default_rng(5).random((24, 30)) < 0.5
    polygons = list(outlines(mask))
    inside = [[encloses(polygons, 2 * x + 1, 2 * y + 1) for x in range(30)] for y in range(24)]
    assert inside == mask.tolist()


def test_a_straight_side_has_no_corners_but_its_ends() -> None:
    """A block is an octagon, whatever its size."""
    mask = np.zeros((40, 60), bool)
    mask[5:35, 10:50] = True
    [polygon] = outlines(mask)
    assert len(polygon) == 8


def encloses(polygons: list[list[tuple[int, int]]], x: int, y: int) -> bool:
    """Whether a ray to the right, just below the point, meets an odd number of sides."""
    height, inside = y + 0.25, False
    for polygon in polygons:
        for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            if (y1 > height) != (y2 > height) and x < x1 + (height - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
    return inside
