"""Names the shape of a silhouette: the drawn shape whose outline it shares most area with."""

from __future__ import annotations

import functools
import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ember_training.drawing import paint
from ember_training.scenes import SceneSpec, Thing
from ember_training.silhouettes import Mask, bounds, silhouette
from horde_worker.backends.demo.vocabulary import SHAPES

GRID_PX = 32
LEAST_OVERLAP = 0.6
"""Shared area of both, of all drawn pictures 0.75 or more; a blot is nothing, however near to a circle it comes."""


def name_shape(mask: Mask) -> str:
    """The best match among all shapes, or "" where nothing is like any."""
    found = _fitted(mask)
    if found is None:
        return ""
    score, best = max((_overlap(found, outline), shape) for shape, outline in _outlines())
    return best if score >= LEAST_OVERLAP else ""


@functools.cache
def _outlines() -> tuple[tuple[str, NDArray[np.bool_]], ...]:
    outlines = []
    for shape in SHAPES:
        for radius in (0.2, 0.3, 0.4):
            scene = SceneSpec("white", (Thing(shape, "blue", 0.5, 0.5, radius),))
            fitted = _fitted(silhouette(paint(scene, 64, 64, random.Random(0))))
            if fitted is not None:
                outlines.append((shape, fitted))
    return tuple(outlines)


def _fitted(mask: Mask) -> Mask | None:
    """The mask cut to its bounding box and stretched over a small grid."""
    box = bounds(mask)
    if box is None:
        return None
    cut = Image.fromarray(mask.astype(np.uint8) * 255).crop(box)
    return np.asarray(cut.resize((GRID_PX, GRID_PX), Image.Resampling.BOX)) > 127


def _overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))
