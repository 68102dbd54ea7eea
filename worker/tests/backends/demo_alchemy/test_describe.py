"""Fingerprints of pictures, against those of the widely used libraries, and against what they are for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from horde_worker.backends.demo_alchemy.blurhash import _DIGITS, blurhash, encode
from horde_worker.backends.demo_alchemy.describe import describe
from horde_worker.backends.demo_alchemy.hashes import average_hash, difference_hash, perceptual_hash


def slope() -> Image.Image:
    """Colours that change across, down, and slantwise."""
    y, x = np.mgrid[0:48, 0:64]
    return Image.fromarray(np.stack([x * 255 // 63, y * 255 // 47, (x + 2 * y) * 85 // 64], axis=-1).astype(np.uint8))


def flag() -> Image.Image:
    """An upright one, with a disc."""
    image = Image.new("RGB", (48, 64), (200, 30, 40))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 20, 47, 41), fill=(250, 250, 250))
    draw.ellipse((14, 21, 34, 41), fill=(20, 60, 160))
    return image


def noise() -> Image.Image:
    """The same at every run."""
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (40, 60, 3), dtype=np.uint8))


KNOWN = [  # by blurhash-python and ImageHash 4.3.2 of the same pictures
    (slope, "L$HVCT2T$6Sel@a$jtf7gefjfQfj", "000001071f7fffff", "ffffffffffffffff", "aa30cf1de906fb22"),
    (flag, "T*NRA*of-:ozfQj[UuayIViwf6WB", "0000e7e7e7e70000", "0c324c068e4d320c", "e5e51a1ae1e196a6"),
    (noise, "L3HeqP?sNPtU~VkrKgr;ZD:a%h#E", "61a1de7e506c6529", "d32bb4b4a5898959", "c3ed2b622591557c"),
]


@pytest.mark.parametrize(
    ("picture", "blur", "average", "difference", "perceptual"), KNOWN, ids=["slope", "flag", "noise"]
)
def test_hashes_are_those_of_the_widely_used_libraries(
    picture: object, blur: str, average: str, difference: str, perceptual: str
) -> None:
    """Bit for bit, so that they can be compared with hashes made elsewhere."""
    assert callable(picture)
    told = describe(picture())
    assert (told["blurhash"], told["ahash"], told["dhash"], told["phash"]) == (blur, average, difference, perceptual)


@pytest.mark.parametrize(
    ("across", "down", "known"),
    [(1, 1, "00HVCT"), (2, 5, "b$HVCT2Tl@a$gefjnQa|fjfQ")],
)
def test_a_blurhash_may_have_any_number_of_components(across: int, down: int, known: str) -> None:
    """By blurhash-python as well."""
    assert encode(np.asarray(slope()), across, down) == known


def test_a_decoded_blurhash_is_the_picture_blurred() -> None:
    """Read back by the published rules, it is close to the picture."""
    shown = decoded(blurhash(slope()), 64, 48)
    error = np.abs(shown - np.asarray(slope(), float)).mean()
    assert error < 12  # the mean colour alone would be off by 55


def test_perceptual_hashes_survive_resizing_and_compression() -> None:
    """Alike pictures differ in few bits, others in many."""
    smaller = flag().resize((30, 40), Image.Resampling.BICUBIC)
    for fingerprint in (average_hash, difference_hash, perceptual_hash):
        assert bits_apart(fingerprint(flag()), fingerprint(smaller)) <= 8
        assert bits_apart(fingerprint(flag()), fingerprint(slope())) >= 20


def test_a_description_tells_size_and_dominant_colour() -> None:
    """Sizes in pixels."""
    told = describe(flag())
    assert (told["width"], told["height"], told["dominant_color"]) == (48, 64, "#c81e28")


def test_transparency_counts_as_white() -> None:
    """A picture that shows nothing is described as the page it lies on."""
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert describe(clear) == describe(Image.new("RGB", (20, 20), "white"))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_the_least_of_pictures_can_be_described(size: tuple[int, int]) -> None:
    """Whatever its shape."""
    told = describe(Image.new("RGB", size, "red"))
    assert {len(told[name]) for name in ("ahash", "dhash", "phash")} == {16}
    assert len(told["blurhash"]) == 28


def bits_apart(one: str, other: str) -> int:
    """How many of 64 bits differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def decoded(text: str, width: int, height: int) -> np.ndarray:
    """A blurhash as pixels, by its published rules."""

    def number(part: str) -> int:
        value = 0
        for character in part:
            value = value * 83 + _DIGITS.index(character)
        return value

    across, down = number(text[0]) % 9 + 1, number(text[0]) // 9 + 1
    loudest = (number(text[1]) + 1) / 166
    mean = number(text[2:6])
    light = np.zeros((height, width, 3))
    for j in range(down):
        for i in range(across):
            if i == j == 0:
                parts = [((mean >> shift & 255) / 255) ** 2.2 for shift in (16, 8, 0)]
            else:
                place = 6 + 2 * (i + j * across - 1)
                value = number(text[place : place + 2])
                steps = (value // 361 - 9, value // 19 % 19 - 9, value % 19 - 9)
                parts = [math.copysign((step / 9) ** 2, step) * loudest for step in steps]
            wave = np.outer(
                np.cos(np.pi * j * np.arange(height) / height), np.cos(np.pi * i * np.arange(width) / width)
            )
            light += wave[..., None] * parts
    return np.clip(light, 0, 1) ** (1 / 2.2) * 255
