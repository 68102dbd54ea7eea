"""What stands out from a plain backdrop, and where.

The outline of a thing is all that is unlike the backdrop, not what has the thing's own colour: roofs, hulls and centres
of flowers are painted darker, and a mask of one colour would miss them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ember_training.colour_naming import FRAME_PX, SAMPLE_PX

Mask: TypeAlias = NDArray[np.bool_]

UNLIKE_FROM = 45.0
"""Distance in RGB from the backdrop; the palette's nearest colours are 60 apart."""
LEAST_NEIGHBOURS = 3
"""Set pixels around a set one; with fewer it is a speck."""
LEAST_PX = 12


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of a thing's bounding box, in 0..1 of the picture."""

    x: float
    y: float


def silhouette(picture: Image.Image) -> Mask:
    """Where the picture, seen at 64x64, is unlike its frame."""
    rgb = np.asarray(picture.convert("RGB").resize((SAMPLE_PX, SAMPLE_PX), Image.Resampling.BOX)).astype(np.float64)
    frame = np.ones((SAMPLE_PX, SAMPLE_PX), dtype=bool)
    frame[FRAME_PX:-FRAME_PX, FRAME_PX:-FRAME_PX] = False
    unlike = np.sqrt(((rgb - np.median(rgb[frame], axis=0)) ** 2).sum(axis=-1)) > UNLIKE_FROM
    return _without_specks(unlike)


def bounds(mask: Mask) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what is set, or nothing."""
    if mask.sum() < LEAST_PX:
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def middle(mask: Mask) -> Middle | None:
    """Where the thing is."""
    box = bounds(mask)
    if box is None:
        return None
    return Middle((box[0] + box[2]) / 2 / mask.shape[1], (box[1] + box[3]) / 2 / mask.shape[0])


def halves(mask: Mask, *, are_columns: bool) -> tuple[Mask, Mask]:
    """The two things of a picture, parted where least is set near the middle."""
    along = mask.sum(axis=0 if are_columns else 1)
    low, high = round(0.4 * along.size), round(0.6 * along.size)
    cut = low + int(along[low:high].argmin())
    first, second = mask.copy(), mask.copy()
    if are_columns:
        first[:, cut:], second[:, :cut] = False, False
    else:
        first[cut:], second[:cut] = False, False
    return first, second


def _without_specks(mask: Mask) -> Mask:
    framed = np.pad(mask.astype(np.intp), 1)
    high, wide = mask.shape
    around = sum(framed[y : y + high, x : x + wide] for y in range(3) for x in range(3)) - mask
    kept: Mask = mask & (around >= LEAST_NEIGHBOURS)
    return kept
