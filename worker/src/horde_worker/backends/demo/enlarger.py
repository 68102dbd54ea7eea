"""Enlarges a finished canvas four times with a small trained net, so that edges are sharp and not merely smooth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import numpy as np

from horde_worker.backends.demo.convolution import Convolution, pixels_of
from horde_worker.backends.demo.weights import Array
from horde_worker.backends.shipped_weights import shipped_weights

ENLARGER_FILE: Final = "ember-demo-enlarger.npz"
FACTOR: Final = 4
_MARGIN_PX: Final = 6
"""As far as the net sees: what it takes for granted beyond an edge does not show within."""


class Enlarger:
    """Keeps no state between pictures."""

    def __init__(self, arrays: Mapping[str, Array], layers: int) -> None:
        self._layers = tuple(Convolution.of(arrays, f"layers.{i}") for i in range(layers))
        self._out = Convolution.of(arrays, "out")

    @classmethod
    def load(cls, weights: Path | None = None) -> Self:
        """The net that is installed, or that of a file. Raises `OSError` and `ValueError`."""
        source = weights if weights is not None else shipped_weights(ENLARGER_FILE)
        with source.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files if name != "about"}
        return cls(arrays, int(about["layers"]))

    def __call__(self, pixels: Array, *, wrap: bool = False) -> Array:
        """(rows, columns, 3) in -1..1, four times as large; `wrap` says that opposite edges meet."""
        margin = ((_MARGIN_PX, _MARGIN_PX), (_MARGIN_PX, _MARGIN_PX), (0, 0))
        seen = np.clip(np.pad(pixels, margin, mode="wrap" if wrap else "edge"), -1, 1)
        flow = seen[None]
        for layer in self._layers:
            flow = np.maximum(layer(flow), 0)
        change = pixels_of(self._out(flow), FACTOR)[0]
        base = seen.repeat(FACTOR, axis=0).repeat(FACTOR, axis=1)
        inner = slice(_MARGIN_PX * FACTOR, -_MARGIN_PX * FACTOR)
        large: Array = (base + change)[inner, inner]
        return large
