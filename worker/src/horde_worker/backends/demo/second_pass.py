"""The second pass of hires fix: the painted picture, twice as large, is painted over at its own resolution.

The net knows canvases of one size only. A picture of twice that size is four such pictures, one pixel apart, laced into
each other; each of them is one the net can judge. While the noise is strong their judgements are smoothed together,
because four opinions on one edge would leave a comb of stripes.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from horde_worker.backends.demo.noise_schedule import sigmas
from horde_worker.backends.demo.samplers import Denoise, DrawNoise
from horde_worker.backends.demo.weights import Array

FACTOR: Final = 2
_APART_BELOW_SIGMA: Final = 0.3


def second_levels(steps: int, strength: float, *, karras: bool) -> tuple[float, ...]:
    """The last part of the way down, `strength` of it; no more steps than the first pass."""
    steps = max(1, steps)
    return sigmas(steps, karras=karras)[-math.ceil(steps * strength) - 1 :]


def in_four(denoise: Denoise) -> Denoise:
    """A denoiser of canvases, for pictures of twice their size."""

    def denoise_large(x: Array, sigma: float) -> Array:
        clean = np.empty_like(x)
        for row in range(FACTOR):
            for column in range(FACTOR):
                laced = (slice(row, None, FACTOR), slice(column, None, FACTOR))
                clean[laced] = denoise(np.ascontiguousarray(x[laced]), sigma)
        return clean if sigma < _APART_BELOW_SIGMA else _smoothed(clean)

    return denoise_large


def reduced(picture: Array, side: int) -> Array:
    """Each pixel the mean of a square of this many pixels a side."""
    rows, columns, colours = picture.shape
    means: Array = picture.reshape(rows // side, side, columns // side, side, colours).mean(axis=(1, 3))
    return means


def large_noise(draw_noise: DrawNoise) -> DrawNoise:
    """The same noise for all four, so that they do not drift apart."""

    def draw() -> Array:
        noise: Array = draw_noise().repeat(FACTOR, axis=0).repeat(FACTOR, axis=1)
        return noise

    return draw


def _smoothed(x: Array) -> Array:
    """Each pixel with half of its neighbours, along both axes."""
    for axis in (0, 1):
        framed = np.pad(x, [(1, 1) if axis == one else (0, 0) for one in range(3)], mode="edge")
        count = x.shape[axis]
        before, after = framed.take(range(count), axis), framed.take(range(2, count + 2), axis)
        x = (before + x + x + after) / np.float32(4)
    return x
