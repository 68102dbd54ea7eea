"""The colours of a picture and how much of it each of them covers (form `palette`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from horde_worker.backends.demo_alchemy.colours import Colours, hexadecimal, median_cut, nearest, opaque_pixels

MOST_COLOURS = 8
LONGEST_SIDE = 512
"""Pixels. Larger pictures are looked at pixel by pixel at this size: no colour is mixed that is not there."""

ALIKE_BELOW = 8.0
"""Distance in RGB below which two colours count as one: lossy files make shades of it that nobody can tell apart."""


def palette(picture: Image.Image, most: int = MOST_COLOURS) -> list[dict[str, Any]]:
    """Colours with their shares (0–1, together 1), the largest first; of a picture without a seen pixel, none."""
    small = picture.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.NEAREST)
    pixels = opaque_pixels(small)
    if not len(pixels):
        return []
    colours = median_cut(pixels, most)
    counts = np.bincount(nearest(pixels, colours), minlength=len(colours))
    return [
        {"color": hexadecimal(colour), "share": round(count / len(pixels), 4)}
        for colour, count in _without_alike(colours, counts)
        if count
    ]


def _without_alike(colours: Colours, counts: NDArray[np.intp]) -> list[tuple[NDArray[np.uint8], int]]:
    """Colours and counts, the most frequent first; a rarer colour that looks like one before it counts as that one."""
    kept: list[tuple[NDArray[np.uint8], int]] = []
    for place in np.argsort(-counts, kind="stable"):
        colour, count = colours[place], int(counts[place])
        for before, (other, so_far) in enumerate(kept):
            if np.linalg.norm(colour.astype(float) - other) < ALIKE_BELOW:
                kept[before] = (other, so_far + count)
                break
        else:
            kept.append((colour, count))
    return sorted(kept, key=lambda one: -one[1])
