"""Outlines of the set pixels of a mask, as closed polygons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = NDArray[np.bool_]
Polygon: TypeAlias = list[tuple[int, int]]
"""Corners (x, y) in half pixels."""

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # east, south, west, north: a right turn is one further


def outlines(mask: Mask) -> Iterator[Polygon]:
    """Every border between set and unset pixels, holes included: to be filled by the even-odd rule.

    A border is followed from pixel side to pixel side with the set pixels on its right hand. The polygon joins the
    middles of the sides, so that a staircase becomes a slope; no corner is off by more than half a pixel.
    Pixels that touch at a corner only stay apart.
    """
    ways = _sides(mask)
    for start in list(ways):  # O(sides): the first of a dictionary with many keys deleted is slow to find
        while start in ways:
            yield _joined(list(_followed(ways, start, ways[start][0])))


def _sides(mask: Mask) -> dict[tuple[int, int], list[int]]:
    """For each corner of pixels, the directions in which borders leave it."""
    padded = np.pad(mask, 1)
    ways: dict[tuple[int, int], list[int]] = {}
    above, below = padded[:-1, 1:-1], padded[1:, 1:-1]
    left, right = padded[1:-1, :-1], padded[1:-1, 1:]
    for direction, sides, shift_x, shift_y in (
        (0, below & ~above, 0, 0),
        (1, left & ~right, 0, 0),
        (2, above & ~below, 1, 0),
        (3, right & ~left, 0, 1),
    ):
        rows, columns = np.nonzero(sides)
        for x, y in zip((columns + shift_x).tolist(), (rows + shift_y).tolist(), strict=True):
            ways.setdefault((x, y), []).append(direction)
    return ways


def _followed(
    ways: dict[tuple[int, int], list[int]], start: tuple[int, int], direction: int
) -> Iterator[tuple[int, int]]:
    """The middles of the sides of one border; its sides are taken out of `ways`."""
    (x, y) = start
    while True:
        leaving = ways[x, y]
        leaving.remove(direction)
        if not leaving:
            del ways[x, y]
        step_x, step_y = _STEPS[direction]
        yield 2 * x + step_x, 2 * y + step_y
        x, y = x + step_x, y + step_y
        onward = ways.get((x, y))
        if onward is None:
            return
        turned = next((turn % 4 for turn in (direction + 1, direction, direction + 3) if turn % 4 in onward), None)
        if turned is None:
            return
        direction = turned


def _joined(points: Polygon) -> Polygon:
    """The polygon without points that lie on a straight line between their neighbours."""
    kept = []
    for place, (x, y) in enumerate(points):
        before_x, before_y = points[place - 1]
        after_x, after_y = points[(place + 1) % len(points)]
        if (x - before_x) * (after_y - y) != (y - before_y) * (after_x - x):
            kept.append((x, y))
    return kept
