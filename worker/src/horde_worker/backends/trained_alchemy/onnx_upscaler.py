"""Upscalers in ONNX files: one input and one output, red, green and blue from 0 to 1."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.onnx_model import OnnxModel
from horde_worker.backends.trained_alchemy.pixels import Planes

FACTORS_KNOWN: Final = (1, 2, 3, 4, 8)
TRIED_SIDE: Final = 32
"""Pixels of the square by which a network's factor is found."""


class OnnxUpscaler:
    """A network that enlarges, by a factor that is found by trying."""

    def __init__(self, path: Path, threads: int | None) -> None:
        self._model = OnnxModel(path, threads)
        self.name = self._model.name
        made = self._model(np.full((3, TRIED_SIDE, TRIED_SIDE), np.float32(0.5)))
        self.factor = factor_between(TRIED_SIDE, made, self.name)

    def __call__(self, planes: Planes) -> Planes:
        """The picture enlarged. Raises `BackendFailure`."""
        return self._model(planes)


def factor_between(side: int, made: Planes, name: str) -> int:
    """The factor by which a square was enlarged. Raises `BackendFailure` for what no upscaler does."""
    factor = made.shape[-1] // side if made.ndim == 3 else 0
    if factor not in FACTORS_KNOWN or made.shape != (3, side * factor, side * factor):
        raise BackendFailure(f"{name} is no upscaler: it makes {made.shape} of {(3, side, side)}")
    return factor
