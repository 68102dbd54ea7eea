"""What stands in for upscalers makes pictures larger, by the factor in their names, and keeps them as they are."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from horde_sdk.generation_parameters.alchemy.consts import KNOWN_UPSCALERS
from horde_worker.backends.demo_alchemy.resampler import FACTORS, LONGEST_SIDE, TooLarge, resample


def scene(side: int) -> Image.Image:
    """Smooth shapes, drawn at eight times the size."""
    large = Image.new("RGB", (side * 8, side * 8), "#203050")
    draw = ImageDraw.Draw(large)
    draw.ellipse((side, side, side * 5, side * 5), fill="#e0b040")
    draw.polygon([(side * 3, side * 7), (side * 7, side * 6), (side * 6, side * 2)], fill="#b03040")
    return large.resize((side, side), Image.Resampling.BOX)


def psnr(one: Image.Image, other: Image.Image) -> float:
    """How alike two pictures of one size are, in decibels."""
    error = np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2)
    return float(10 * np.log10(255**2 / error))


def test_every_upscaler_has_the_factor_in_its_name() -> None:
    """Two or four (alchemy.md §1.1)."""
    twos = {"RealESRGAN_x2plus", "2xModernSpanimationV1"}
    everyone = {upscaler.value for upscaler in KNOWN_UPSCALERS} - {"BACKEND_DEFAULT"}
    assert {upscaler: 2 if upscaler in twos else 4 for upscaler in everyone} == FACTORS


@pytest.mark.parametrize("factor", [2, 4])
def test_a_resampled_picture_is_like_the_original_of_its_size(factor: int) -> None:
    """Better than repeated pixels by far."""
    small, original = scene(96), scene(96 * factor)
    larger = resample(small, factor)
    assert larger.size == original.size
    repeated = small.resize(original.size, Image.Resampling.NEAREST)
    assert psnr(larger, original) > 28
    assert psnr(larger, original) > psnr(repeated, original) + 2


def test_a_resampled_picture_shrunk_again_is_the_source() -> None:
    """Nothing is added or lost."""
    small = scene(96)
    assert psnr(resample(small, 4).resize(small.size, Image.Resampling.BOX), small) > 40


def test_transparency_stays_and_does_not_stain_the_edges() -> None:
    """Hidden colours of transparent pixels do not bleed into those that are seen."""
    image = Image.new("RGBA", (32, 32), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (8, 8, 24, 24))
    larger = np.asarray(resample(image, 4)).astype(int)
    seen = larger[larger[..., 3] > 16]
    assert larger[0, 0, 3] == 0
    assert larger[64, 64].tolist() == [255, 0, 0, 255]
    assert seen[:, 1].max() < 16


def test_a_result_larger_than_webp_can_hold_is_refused() -> None:
    """Before it is made."""
    with pytest.raises(TooLarge, match="16384×4"):
        resample(Image.new("RGB", (LONGEST_SIDE // 4 + 1, 1)), 4)
