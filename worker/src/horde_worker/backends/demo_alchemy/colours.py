"""Few colours for many: median cut, and which of the few each pixel is nearest to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Colours = NDArray[np.uint8]
"""One row per colour: red, green, blue."""

OPAQUE_FROM = 128
"""Alpha from which a pixel counts as seen."""

_MOST_ROWS = 1 << 16  # compared at a time


def opaque_pixels(picture: Image.Image) -> Colours:
    """The colours of all pixels that are seen, row after row."""
    if picture.mode != "RGBA":
        return np.asarray(picture.convert("RGB")).reshape(-1, 3)
    pixels = np.asarray(picture).reshape(-1, 4)
    return pixels[pixels[:, 3] >= OPAQUE_FROM, :3]


def distinct(pixels: Colours) -> tuple[Colours, NDArray[np.int64]]:
    """The colours that occur, and how often."""
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, counts = np.unique(packed, return_counts=True)
    rows = np.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1).astype(np.uint8)
    return rows, counts.astype(np.int64)


def median_cut(pixels: Colours, most: int) -> Colours:
    """At most `most` colours that stand for these pixels; exactly theirs, where they have no more."""
    colours, counts = distinct(pixels)
    if len(colours) <= most:
        return colours
    boxes = [np.arange(len(colours))]
    while len(boxes) < most:
        place = max(range(len(boxes)), key=lambda box: _urgency(colours[boxes[box]], counts[boxes[box]]))
        box = boxes.pop(place)
        axis = int(np.argmax(np.ptp(colours[box], axis=0)))
        order = box[np.argsort(colours[box, axis], kind="stable")]
        passed = np.cumsum(counts[order])
        cut = int(np.clip(np.searchsorted(passed, passed[-1] / 2) + 1, 1, len(order) - 1))
        boxes += [order[:cut], order[cut:]]
    means = np.array([np.average(colours[box], axis=0, weights=counts[box]) for box in boxes])
    return np.unique(np.rint(means).astype(np.uint8), axis=0)


def _urgency(colours: Colours, counts: NDArray[np.int64]) -> float:
    """How much a box gains by a cut; one colour alone cannot be cut."""
    return float(np.ptp(colours, axis=0).max()) * float(counts.sum())


def nearest(pixels: Colours, colours: Colours) -> NDArray[np.intp]:
    """For each pixel, the place of the colour that it is nearest to."""
    few = colours.astype(np.int32)
    parts = [
        np.argmin(((pixels[begin : begin + _MOST_ROWS, None].astype(np.int32) - few) ** 2).sum(axis=2), axis=1)
        for begin in range(0, len(pixels), _MOST_ROWS)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.intp)


def hexadecimal(colour: NDArray[np.uint8]) -> str:
    """A colour as `#rrggbb`."""
    red, green, blue = (int(part) for part in colour)
    return f"#{red:02x}{green:02x}{blue:02x}"
