"""A resampler in place of upscalers: larger by the factor in the upscaler's name, by Lanczos interpolation.

It adds no detail, which the trained upscalers of these names do. They come as a backend of their own.
"""

from __future__ import annotations

from typing import Final

from PIL import Image

from horde_sdk.generation_parameters.alchemy.consts import KNOWN_UPSCALERS

FACTORS: Final = {
    upscaler.value: 2 if "x2" in upscaler.value or "2x" in upscaler.value else 4
    for upscaler in KNOWN_UPSCALERS
    if upscaler is not KNOWN_UPSCALERS.BACKEND_DEFAULT
}
"""By the upscaler's name; NMKD_Siax says none and is one of four."""

LONGEST_SIDE: Final = 16383
"""Pixels: WebP knows no longer ones."""


class TooLarge(ValueError):
    """The result would be larger than a WebP image can be."""


def resample(picture: Image.Image, factor: int) -> Image.Image:
    """The picture, larger. Raises `TooLarge`."""
    width, height = picture.width * factor, picture.height * factor
    if max(width, height) > LONGEST_SIDE:
        raise TooLarge(f"{width}×{height} is more than WebP's {LONGEST_SIDE} pixels a side")
    return picture.resize((width, height), Image.Resampling.LANCZOS)
