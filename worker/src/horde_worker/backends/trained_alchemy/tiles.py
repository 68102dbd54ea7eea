"""A picture enlarged piece by piece, so that memory and the time until one can stop are those of a piece.

Each piece is given to the network with some pixels of its surroundings: what stands at an edge between two pieces was
seen from both sides. The outer ones are thrown away, in the inner ones a piece fades into the next: no edge is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from horde_worker.backends.trained_alchemy.pixels import Bytes, Planes, bytes_of

TILE_SIDE: Final = 128
"""Pixels of the source that a piece is wide and high: with its surroundings, the largest network here takes 1.5 GB."""
SURROUNDINGS: Final = 16
"""Pixels of the source around it on each side."""
OVERLAP: Final = 4
"""Of these, those in which one piece fades into the next."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a piece lies in the source, and how much is shown to the network: rows and columns, half open."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    shown_rows: tuple[int, int]
    shown_columns: tuple[int, int]


def pieces_of(width: int, height: int, side: int = TILE_SIDE, around: int = SURROUNDINGS) -> Iterator[Piece]:
    """Pieces that cover a picture once, from its top left corner on."""
    for top in range(0, height, side):
        rows = (top, min(top + side, height))
        for left in range(0, width, side):
            columns = (left, min(left + side, width))
            yield Piece(rows, columns, _with_around(rows, height, around), _with_around(columns, width, around))


def _with_around(part: tuple[int, int], whole: int, around: int) -> tuple[int, int]:
    return max(part[0] - around, 0), min(part[1] + around, whole)


def enlarged(
    source: Planes,
    network: Callable[[Planes], Planes],
    factor: int,
    on_piece: Callable[[int, int], None],
    *,
    side: int = TILE_SIDE,
    around: int = SURROUNDINGS,
    overlap: int = OVERLAP,
) -> Bytes:
    """The source as many times as large. `on_piece(done, of)` is called before each piece; what it raises ends it."""
    _, height, width = source.shape
    result = np.empty((height * factor, width * factor, 3), np.uint8)
    pieces = list(pieces_of(width, height, side, around))
    for done, piece in enumerate(pieces):
        on_piece(done, len(pieces))
        rows, columns = piece.shown_rows, piece.shown_columns
        made = bytes_of(network(np.ascontiguousarray(source[:, rows[0] : rows[1], columns[0] : columns[1]])))
        down = _Edge(piece.rows, rows, overlap, factor)
        across = _Edge(piece.columns, columns, overlap, factor)
        new = made[down.of_piece, across.of_piece]
        old = result[down.of_result, across.of_result]
        weight = (down.weights[:, None] * across.weights[None, :])[..., None]
        result[down.of_result, across.of_result] = np.rint(old * (1 - weight) + new * weight)
    return result


class _Edge:
    """Of one dimension: which part of a piece is put where, and how strongly over what is there already.

    What comes before it in the picture is there already; what comes after it will be put over its far end.
    """

    def __init__(self, part: tuple[int, int], shown: tuple[int, int], overlap: int, factor: int) -> None:
        begin, end = max(part[0] - overlap, shown[0]), min(part[1] + overlap, shown[1])
        self.of_result = slice(begin * factor, end * factor)
        self.of_piece = slice((begin - shown[0]) * factor, (end - shown[0]) * factor)
        self.weights = np.ones((end - begin) * factor, np.float32)
        if part[0] > 0 and overlap:
            fading = min(2 * overlap * factor, len(self.weights))
            self.weights[:fading] = (np.arange(fading, dtype=np.float32) + np.float32(0.5)) / fading
