"""Names the shape of the object in a picture: the drawn shape whose outline it shares most area with."""

from __future__ import annotations

import functools
import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ember_training.colour_naming import thing_mask
from ember_training.drawing import paint
from ember_training.scenes import SceneSpec, Thing
from horde_worker.backends.demo.vocabulary import SHAPES

GRID_PX = 32


def name_shape(picture: Image.Image, colour: str) -> str:
    """The best match among all shapes, or "" where nothing has the colour."""
    found = _fitted(thing_mask(picture, colour))
    if found is None:
        return ""
    scores = {shape: _overlap(found, outline) for shape, outline in _outlines()}
    return max(scores, key=lambda shape: scores[shape])


@functools.cache
def _outlines() -> tuple[tuple[str, NDArray[np.bool_]], ...]:
    outlines = []
    for shape in SHAPES:
        scene = SceneSpec("white", (Thing(shape, "red", 0.5, 0.5, 0.4),))
        fitted = _fitted(thing_mask(paint(scene, 64, 64, random.Random(0)), "red"))
        if fitted is not None:
            outlines.append((shape, fitted))
    return tuple(outlines)


def _fitted(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """The mask cut to its bounding box and stretched over a small grid."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    cut = Image.fromarray(mask.astype(np.uint8) * 255).crop(box)
    return np.asarray(cut.resize((GRID_PX, GRID_PX), Image.Resampling.BOX)) > 127


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))
