"""Outlines of pictures whose outlines are known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from horde_worker.backends.diffusers.control_maps import MAKERS, _connected, canny, fake_scribbles, scribble


def a_square(background: int = 30, shape: int = 220) -> Image.Image:
    """From 20 to 43, in a picture of 64."""
    picture = Image.new("RGB", (64, 64), (background,) * 3)
    ImageDraw.Draw(picture).rectangle((20, 20, 43, 43), fill=(shape,) * 3)
    return picture


def lit(picture: Image.Image) -> np.ndarray:
    """Which pixels are white; there are no others than white and black."""
    values = np.asarray(picture.convert("L"))
    assert set(np.unique(values)) <= {0, 255}
    return values > 0


@pytest.mark.parametrize("kind", list(MAKERS))
def test_a_map_has_the_size_of_its_picture(kind: str) -> None:
    """Also where it is not square."""
    made = MAKERS[kind](Image.new("RGB", (70, 33), "white"))
    assert (made.size, made.mode) == ((70, 33), "RGB")


def test_canny_draws_a_thin_closed_line_around_a_shape() -> None:
    """Nothing inside, nothing outside, one or two pixels wide, without a gap."""
    found = lit(canny(a_square()))
    inside, outside = found.copy(), found.copy()
    inside[:24], inside[40:], inside[:, :24], inside[:, 40:] = False, False, False, False
    outside[17:47, 17:47] = False
    assert not inside.any()
    assert not outside.any()
    for line in (found[30], found[:, 30]):
        places = np.flatnonzero(line)
        assert len(places) in (2, 3, 4)
        assert abs(places.min() - 19.5) <= 1.5
        assert abs(places.max() - 43.5) <= 1.5
    assert all(found[row].any() for row in range(21, 43))


def test_canny_follows_a_line_that_fades() -> None:
    """What is too weak alone counts where it goes on from what is strong."""
    faded = np.full((64, 64), 100, dtype=np.uint8)
    for row in range(64):
        faded[row, 32:] = 100 + max(40, 120 - 2 * row)
    connected = lit(canny(Image.fromarray(faded)))
    weak_alone = np.full((64, 64), 100, dtype=np.uint8)
    weak_alone[:, 32:] = 140
    assert connected[60].any()
    assert not lit(canny(Image.fromarray(weak_alone))).any()


def test_a_line_is_followed_to_its_end_and_no_further() -> None:
    """Winding through the whole picture from one strong spot; a weak line apart from it is none."""
    weak = np.zeros((61, 61), dtype=bool)
    weak[0:57:2] = True
    for row in range(1, 54, 4):
        weak[row, -1], weak[row + 2, 0] = True, True
    weak[60] = True
    strong = np.zeros_like(weak)
    strong[0, 0] = True
    found = _connected(strong, weak)
    assert np.array_equal(found[:57], weak[:57])
    assert not found[60].any()


def test_scribbles_are_white_on_black_however_they_came() -> None:
    """Dark on paper, or light on a board."""
    paper = Image.new("L", (32, 32), 255)
    ImageDraw.Draw(paper).line((0, 16, 31, 16), fill=0, width=2)
    board = Image.eval(paper, lambda value: 255 - value)
    assert np.array_equal(lit(scribble(paper)), lit(scribble(board)))
    assert lit(scribble(paper))[16].all()
    assert lit(scribble(paper)).mean() < 0.1


def test_fake_scribbles_are_thicker_than_outlines() -> None:
    """As by a pen."""
    assert lit(fake_scribbles(a_square())).sum() > 2 * lit(canny(a_square())).sum()


def test_a_picture_of_one_colour_has_no_outline() -> None:
    """Nothing to find."""
    assert not lit(canny(Image.new("RGB", (64, 64), "green"))).any()
