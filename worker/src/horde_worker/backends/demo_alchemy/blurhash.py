"""BlurHash: a picture's colours as some thirty characters, for a blurred preview (see blurha.sh)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST_SIDE = 64
"""Pixels. The hash holds four waves across at most: more detail would not show."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def blurhash(picture: Image.Image) -> str:
    """The hash with 4×3 components, 3×4 of an upright picture."""
    small = picture.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    across, down = (4, 3) if picture.width >= picture.height else (3, 4)
    return encode(np.asarray(small), across, down)


def encode(pixels: NDArray[np.uint8], across: int, down: int) -> str:
    """The hash of an RGB picture with 1–9 components in each direction."""
    height, width = pixels.shape[:2]
    light = _linear(pixels)
    columns = np.cos(np.pi * np.arange(across)[:, None] * np.arange(width) / width)
    rows = np.cos(np.pi * np.arange(down)[:, None] * np.arange(height) / height)
    waves = np.einsum("jy,yxc,ix->jic", rows, light, columns) / (width * height)
    waves[1:] *= 2
    waves[0, 1:] *= 2
    first, others = waves[0, 0], waves.reshape(-1, 3)[1:]
    loudest = int(np.clip(np.floor(np.abs(others).max() * 166 - 0.5), 0, 82)) if len(others) else 0
    scaled = others / ((loudest + 1) / 166)
    steps = np.clip(np.floor(np.sign(scaled) * np.sqrt(np.abs(scaled)) * 9 + 9.5), 0, 18).astype(int)
    red, green, blue = _srgb(first)
    text = _base83((across - 1) + (down - 1) * 9, 1) + _base83(loudest, 1)
    text += _base83((red << 16) + (green << 8) + blue, 4)
    return text + "".join(_base83(int(r) * 19 * 19 + int(g) * 19 + int(b), 2) for r, g, b in steps)


def _linear(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    value = pixels / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _srgb(light: NDArray[np.float64]) -> tuple[int, int, int]:
    value = np.clip(light, 0, 1)
    curved = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    red, green, blue = (int(part * 255 + 0.5) for part in curved)
    return red, green, blue


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))
