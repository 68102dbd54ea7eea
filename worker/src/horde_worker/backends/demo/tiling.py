"""Pictures that can be laid side by side: the right edge goes on at the left one, and the bottom at the top.

Two things make the clean guess of every step fit. Near the edges it comes from a look at the picture shifted by half,
where they meet in the middle of the canvas; and opposite edges fade into each other.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from horde_worker.backends.demo.canvas import to_image
from horde_worker.backends.demo.samplers import Denoise
from horde_worker.backends.demo.weights import Array

_SHIFTED_BELOW_SIGMA: Final = 2.0
"""Above, the net still decides what to show, and would show it in the shifted picture's middle too."""
_OUTER_SHARE: Final = 0.4
_FADE_SHARE: Final = 0.1


def wrapped(denoise: Denoise) -> Denoise:
    """A denoiser whose guesses can be tiled."""

    def denoise_wrapped(x: Array, sigma: float) -> Array:
        clean = denoise(x, sigma)
        if sigma < _SHIFTED_BELOW_SIGMA:
            half = (x.shape[0] // 2, x.shape[1] // 2)
            shifted = denoise(np.roll(x, half, (0, 1)), sigma)
            outer = _outer_part(x.shape[0], x.shape[1])
            clean = clean * (1 - outer) + np.roll(shifted, (-half[0], -half[1]), (0, 1)) * outer
        return faded(clean)

    return denoise_wrapped


def faded(picture: Array) -> Array:
    """Opposite edges drawn towards each other, until they are the same at the very edge."""
    for axis in (0, 1):
        count = picture.shape[axis]
        reach = max(1, round(count * _FADE_SHARE))
        towards = np.zeros(count, dtype=np.float32)
        towards[:reach] = 0.5 * (1 - np.arange(reach) / reach)
        towards[-reach:] = towards[:reach][::-1]
        share = towards.reshape([count if axis == one else 1 for one in range(3)])
        picture = picture * (1 - share) + np.flip(picture, axis) * share
    return picture


def to_tile(pixels: Array, width: int, height: int) -> Image.Image:
    """The picture in its size, enlarged as if its neighbours lay around it; all of the canvas, stretched."""
    margin = 8
    framed = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="wrap")
    box = (margin, margin, margin + pixels.shape[1], margin + pixels.shape[0])
    return to_image(framed).resize((width, height), Image.Resampling.LANCZOS, box=box)


def _outer_part(rows: int, columns: int) -> Array:
    """0 in the middle, 1 at the edges."""
    y = np.abs(np.linspace(-1, 1, rows, dtype=np.float32))[:, None, None]
    x = np.abs(np.linspace(-1, 1, columns, dtype=np.float32))[None, :, None]
    outer: Array = np.clip((np.maximum(y, x) - (1 - _OUTER_SHARE)) / _OUTER_SHARE, 0, 1)
    return outer
