"""Sources and masks on the size that is painted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image
from plain_jobs import an_image_job

from horde_worker.backends.image import Remark
from horde_worker.backends.normalise.source_pictures import alpha_as_mask, filling, noise_picture, prepared

JOB = an_image_job(seeds=(1,))
SIZE = (128, 64)
SOURCE = Image.new("RGB", (300, 200), "red")
MASK = Image.new("L", (300, 200), 255)


def test_without_a_source_there_is_nothing_to_start_from() -> None:
    """A mask alone says nothing."""
    assert prepared(replace(JOB, mask=MASK), SIZE).source is None
    assert prepared(replace(JOB, mask=MASK), SIZE).mask is None


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_source_and_mask_get_the_size_and_the_modes(mode: str) -> None:
    """RGB and L, whatever came."""
    found = prepared(replace(JOB, source=SOURCE.convert(mode), mask=MASK.convert("RGB")), SIZE)
    assert found.source is not None
    assert found.mask is not None
    assert (found.source.size, found.source.mode) == (SIZE, "RGB")
    assert (found.mask.size, found.mask.mode, found.mask.getextrema()) == (SIZE, "L", (255, 255))


def test_a_model_for_masks_only_gets_something_to_fill() -> None:
    """Noise by the seed without a source, all of the picture without a mask, and a remark each."""
    nothing = prepared(JOB, SIZE, wants_mask=True)
    assert nothing.source is not None
    assert nothing.mask is not None
    assert nothing.source.tobytes() == noise_picture(SIZE, 1).tobytes()
    assert nothing.mask.getextrema() == (255, 255)
    assert nothing.remarks == (Remark("source_image", "parse_failed", "source_image"),)
    bare = prepared(replace(JOB, source=SOURCE), SIZE, wants_mask=True)
    assert bare.mask is not None
    assert bare.remarks == (Remark("source_mask", "parse_failed", "source_mask"),)
    told = replace(JOB, source=SOURCE, source_remarks=bare.remarks)
    assert prepared(told, SIZE, wants_mask=True).remarks == ()


def test_noise_differs_by_seed() -> None:
    """And is noise."""
    assert noise_picture(SIZE, 1).tobytes() != noise_picture(SIZE, 2).tobytes()
    assert len(set(noise_picture(SIZE, 1).tobytes())) > 200


def test_what_is_repainted_becomes_transparent() -> None:
    """White in the mask, nothing in the alpha."""
    mask = Image.new("L", (300, 200), 0)
    mask.paste(255, (0, 0, 150, 200))
    whole = alpha_as_mask(SOURCE, mask)
    assert whole.mode == "RGBA"
    assert (whole.getpixel((10, 10)), whole.getpixel((290, 10))) == ((255, 0, 0, 0), (255, 0, 0, 255))


def test_filling_cuts_and_does_not_stretch() -> None:
    """A square of a wide picture is its middle."""
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    assert filling(wide, (100, 100)).getextrema() == ((0, 0), (0, 0), (255, 255))
