"""Convolutions of 3x3 as one matrix product each, and the way between pixels and the cells that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

import numpy as np

from horde_worker.backends.demo.weights import Array

REACH: Final = 3
"""Cells that one convolution sees along each axis."""


class Convolution:
    """(pictures, rows, columns, values in) to (pictures, rows, columns, values out); outside the picture all is 0."""

    def __init__(self, weight: Array, bias: Array) -> None:
        """From the layout of training: (values out, values in by 3 rows by 3 columns)."""
        width = weight.shape[0]
        split = weight.reshape(width, -1, REACH, REACH)
        self._matrix: Array = np.ascontiguousarray(split.transpose(2, 3, 1, 0).reshape(-1, width))
        self._bias = bias

    @classmethod
    def of(cls, arrays: Mapping[str, Array], name: str) -> Self:
        """The one of this name."""
        return cls(arrays[f"{name}.weight"], arrays[f"{name}.bias"])

    def __call__(self, flow: Array) -> Array:
        pictures, rows, columns, values = flow.shape
        framed = np.zeros((pictures, rows + 2, columns + 2, values), dtype=np.float32)
        framed[:, 1:-1, 1:-1] = flow
        seen = np.empty((pictures, rows, columns, REACH * REACH, values), dtype=np.float32)
        for place in range(REACH * REACH):
            down, across = divmod(place, REACH)
            seen[..., place, :] = framed[:, down : down + rows, across : across + columns]
        flat = seen.reshape(pictures * rows * columns, -1) @ self._matrix + self._bias
        changed: Array = flat.reshape(pictures, rows, columns, -1)
        return changed


def cells_of(pixels: Array, side: int) -> Array:
    """Square cells, each with the values of its pixels: value by value, row by row."""
    pictures, rows, columns, values = pixels.shape
    split = pixels.reshape(pictures, rows // side, side, columns // side, side, values)
    cells: Array = split.transpose(0, 1, 3, 5, 2, 4).reshape(pictures, rows // side, columns // side, -1)
    return cells


def pixels_of(cells: Array, side: int) -> Array:
    """The way back."""
    pictures, rows, columns, values = cells.shape
    split = cells.reshape(pictures, rows, columns, values // side**2, side, side)
    pixels: Array = split.transpose(0, 1, 4, 2, 5, 3).reshape(pictures, rows * side, columns * side, -1)
    return pixels
