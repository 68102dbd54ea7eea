"""Upscalers: a network under a form's name, with the factor that the name promises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from PIL import Image

from horde_worker.backends.trained_alchemy.pixels import Planes, planes_of
from horde_worker.backends.trained_alchemy.tiles import SURROUNDINGS, TILE_SIDE, enlarged

LONGEST_SIDE: Final = 16383
"""Pixels: WebP knows no longer ones."""
MEASURED_SIDE: Final = 64
"""Pixels of the square on which a network's speed is measured."""
PACKING_S_PER_MEGAPIXEL: Final = 0.5
"""WebP at quality 95, which follows; of the result."""


class Network(Protocol):
    """Something that makes a picture `factor` times as wide and high."""

    @property
    def factor(self) -> int: ...

    @property
    def name(self) -> str: ...

    def __call__(self, planes: Planes) -> Planes:
        """The picture enlarged. Raises `BackendFailure`."""


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A network that serves a form. `seconds_per_pixel` of the source, as measured."""

    network: Network
    factor: int  # of the form
    seconds_per_pixel: float

    def seconds_for(self, pixels: int) -> float:
        """How long a source takes, until its result is packed."""
        return pixels * (self.seconds_per_pixel + PACKING_S_PER_MEGAPIXEL * self.factor**2 / 1e6)

    def upscaled(self, source: Image.Image, on_piece: Callable[[int, int], None]) -> Image.Image:
        """The picture, `factor` times as wide and high. Transparency is enlarged by interpolation."""
        size = source.width * self.factor, source.height * self.factor
        made = Image.fromarray(enlarged(planes_of(source), self.network, self.network.factor, on_piece))
        if made.size != size:  # an x4 network under the name of an x2: halved, each pixel the mean of four
            made = made.resize(size, Image.Resampling.BOX if made.width > size[0] else Image.Resampling.LANCZOS)
        if source.mode == "RGBA":
            made.putalpha(source.getchannel("A").resize(size, Image.Resampling.LANCZOS))
        return made


def seconds_per_pixel_of(network: Network) -> float:
    """How long a network takes for a pixel of the source, in pieces, measured on small squares: the faster of two runs.

    Raises `BackendFailure` for a network that cannot be run.
    """
    square = np.full((3, MEASURED_SIDE, MEASURED_SIDE), np.float32(0.5))
    network(square[:, :16, :16])  # the first run is slower
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        network(square)
        seconds.append(time.perf_counter() - began)
    shown = ((TILE_SIDE + 2 * SURROUNDINGS) / TILE_SIDE) ** 2
    return min(seconds) / MEASURED_SIDE**2 * shown
