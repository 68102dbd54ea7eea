"""A picture as SVG: few colours, the outline of each traced (form `vectorize`).

Colours are painted from the most to the least frequent. Each shape reaches one pixel under those painted later, so that
no gap shows where two meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from horde_worker.backends.demo_alchemy.colours import (
    OPAQUE_FROM,
    Colours,
    distinct,
    hexadecimal,
    median_cut,
    nearest,
    opaque_pixels,
)
from horde_worker.backends.demo_alchemy.contours import Mask, Polygon, outlines

MOST_COLOURS: Final = 16
LARGEST_SVG_BYTES: Final = 128 * 1024
FLAT_SIDE: Final = 512
SIDES: Final = (256, 192, 128, 96, 64, 48, 32, 24, 16)
"""Pixels of the longest side that is traced: the first whose drawing is small enough. Of the last, any is.

A picture of few colours, such as a logo, is tried at `FLAT_SIDE` first.
"""

_LONGEST_END = 16  # what closes the path and the drawing


class Stopped(Exception):
    """Nobody wants the drawing any more."""


def vectorize(picture: Image.Image, should_stop: Callable[[], bool] = lambda: False) -> str:
    """An SVG document of the picture's size, at most `LARGEST_SVG_BYTES` long. Raises `Stopped`."""
    flat = _fitted(picture, FLAT_SIDE, Image.Resampling.NEAREST)
    is_flat = len(distinct(opaque_pixels(flat))[0]) <= MOST_COLOURS
    for side in (FLAT_SIDE, *SIDES) if is_flat else SIDES:
        drawing = _drawn(picture, side, is_flat, should_stop)
        if drawing is not None:
            return drawing
    raise AssertionError("16 colours of 16×16 pixels have 9,000 sides, of 7 characters at most")


def _drawn(picture: Image.Image, side: int, is_flat: bool, should_stop: Callable[[], bool]) -> str | None:
    """The drawing; nothing as soon as it is too long."""
    small = _fitted(picture, side, Image.Resampling.NEAREST if is_flat else Image.Resampling.BOX)
    if not is_flat:
        small = small.filter(ImageFilter.MedianFilter(3))
    colours, ranks = _ranked(small)
    width, height = 2 * small.width, 2 * small.height  # outlines count half pixels
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{picture.width}" height="{picture.height}" '
        f'viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
    ]
    for rank, colour in enumerate(colours):
        if should_stop():
            raise Stopped
        fill = hexadecimal(colour)
        if rank == 0 and bool((ranks >= 0).all()):
            parts.append(f'<rect width="{width}" height="{height}" fill="{fill}"/>')
        else:
            parts.append(f'<path fill="{fill}" fill-rule="evenodd" d="')
            length = sum(map(len, parts))
            for polygon in outlines(_shape(ranks, rank)):
                parts.append(_path(polygon))
                length += len(parts[-1])
                if length > LARGEST_SVG_BYTES - _LONGEST_END:
                    return None
            parts.append('"/>')
    return "".join([*parts, "</svg>"])


def _fitted(picture: Image.Image, side: int, resampling: Image.Resampling) -> Image.Image:
    """The picture with this longest side. A small one grows by a whole factor: its pixels stay squares."""
    longest = max(picture.size)
    if longest <= side:
        factor = side // longest
        return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
    size = (max(1, picture.width * side // longest), max(1, picture.height * side // longest))
    return picture.resize(size, resampling)


def _ranked(small: Image.Image) -> tuple[Colours, NDArray[np.intp]]:
    """The colours, the most frequent first, and which of them each pixel has; -1 where it is transparent."""
    ranks = np.full((small.height, small.width), -1, np.intp)
    seen = np.ones_like(ranks, bool) if small.mode != "RGBA" else np.asarray(small)[..., 3] >= OPAQUE_FROM
    pixels = opaque_pixels(small)
    if not len(pixels):
        return np.empty((0, 3), np.uint8), ranks
    colours = median_cut(pixels, MOST_COLOURS)
    places = nearest(pixels, colours)
    order = np.argsort(-np.bincount(places, minlength=len(colours)), kind="stable")
    ranks[seen] = np.argsort(order)[places]
    return colours[order], ranks


def _shape(ranks: NDArray[np.intp], rank: int) -> Mask:
    """The pixels of this rank, and those beside them that are painted later. The first rank lies under all."""
    if rank == 0:
        seen: Mask = ranks >= 0
        return seen
    own: Mask = ranks == rank
    grown = own
    for axis in (0, 1):
        beside = np.zeros_like(grown)
        for shift in _shifted(grown, axis):
            beside |= shift
        grown = grown | beside
    shape: Mask = own | (grown & (ranks > rank))
    return shape


def _shifted(mask: Mask, axis: int) -> Iterator[Mask]:
    """The mask moved by one pixel there and back; nothing comes in at the edge."""
    for distance in (1, -1):
        moved = np.roll(mask, distance, axis)
        edge = [slice(None), slice(None)]
        edge[axis] = slice(0, 1) if distance == 1 else slice(-1, None)
        moved[tuple(edge)] = False
        yield moved


def _path(polygon: Polygon) -> str:
    """A closed subpath: the first corner, then steps."""
    (x, y), *others = polygon
    words = [f"M{x} {y}l"]
    for to_x, to_y in others:
        words.append(f"{to_x - x} {to_y - y} ")
        x, y = to_x, to_y
    return "".join(words).rstrip().replace(" -", "-") + "z"
