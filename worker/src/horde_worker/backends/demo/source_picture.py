"""Starting from a picture instead of from noise alone (img2img), and keeping a part of it (inpainting)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image

from horde_worker.backends.demo.canvas import Size, to_canvas
from horde_worker.backends.demo.noise_schedule import sigmas
from horde_worker.backends.demo.samplers import Denoise
from horde_worker.backends.demo.scene import Scene
from horde_worker.backends.demo.weights import Array

LEAST_STRENGTH = 0.01

SMALL_CANVAS = 0.75
"""Noise hides more of a smaller picture. A strength keeps as much of a source on 48 pixels as its level would on 64."""


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """The source on the net's canvas; `repaint` is 1 where the picture is painted anew and 0 where it stays."""

    picture: Image.Image
    mask: Image.Image | None
    pixels: Array
    repaint: Array | None

    @classmethod
    def of(cls, scene: Scene, canvas: Size) -> Self | None:
        """Nothing when the scene has no source."""
        if scene.source is None:
            return None
        size = (scene.width, scene.height)
        picture = scene.source.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        pixels = to_canvas(picture, canvas, *size, whole=scene.tiling)
        if scene.mask is None:
            return cls(picture, None, pixels, None)
        mask = scene.mask.convert("L").resize(size, Image.Resampling.BILINEAR)
        repaint: Array = (to_canvas(mask, canvas, *size, whole=scene.tiling)[..., :1] + np.float32(1)) / np.float32(2)
        return cls(picture, mask, pixels, repaint)

    def held(self, denoise: Denoise) -> Denoise:
        """A denoiser that puts the kept part back into every clean guess: the sampler then steers around it."""
        repaint = self.repaint
        if repaint is None:
            return denoise

        def denoise_around(x: Array, sigma: float) -> Array:
            clean: Array = repaint * denoise(x, sigma) + (1 - repaint) * self.pixels
            return clean

        return denoise_around

    def finish(self, painted: Image.Image) -> Image.Image:
        """The kept part in the sharpness of the source."""
        return painted if self.mask is None else Image.composite(painted, self.picture, self.mask)


def noise_levels(scene: Scene) -> tuple[float, ...]:
    """All the steps asked for, over the last `denoising_strength` of the way when there is a source."""
    if scene.source is None:
        return sigmas(scene.steps, karras=scene.karras)
    steps = max(1, scene.steps)
    strength = min(1.0, max(LEAST_STRENGTH, scene.denoising_strength))
    levels = sigmas(math.ceil(steps / strength), karras=scene.karras)[-steps - 1 :]
    return tuple(level * SMALL_CANVAS for level in levels) if strength < 1 else levels


def first_pixels(source: SourcePicture | None, noise: Array, sigma: float) -> Array:
    """Noise of the first level, on top of the source if there is one."""
    pixels: Array = noise * np.float32(sigma)
    return pixels if source is None else source.pixels + pixels
