"""Names the colours in a picture by hue, saturation and brightness, to measure whether the prompt was followed.

Knows nothing of the palette the training pictures are drawn with, so it cannot be fooled by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NAMES = (
    "black", "white", "gray", "red", "orange", "brown", "yellow", "green", "cyan", "blue", "purple", "pink",
)  # fmt: skip
SAMPLE_PX = 64
FRAME_PX = 4
LEAST_FRAME_SHARE = 0.5
LEAST_OBJECT_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Colours:
    """What stands in a picture: "" where no colour is common enough."""

    background: str
    thing: str


def name_pixels(rgb: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The index into `NAMES` of every pixel."""
    high = rgb.max(axis=-1).astype(np.float64)
    low = rgb.min(axis=-1).astype(np.float64)
    spread = high - low
    red, green, blue = (rgb[..., i].astype(np.float64) for i in range(3))
    safe = np.where(spread == 0, 1, spread)
    hue = 60 * np.select(
        [high == red, high == green], [((green - blue) / safe) % 6, (blue - red) / safe + 2], (red - green) / safe + 4
    )
    value, saturation = high / 255, spread / np.where(high == 0, 1, high)
    warm = (hue < 15) | (hue >= 345)
    conditions = [
        value < 0.2,
        (saturation < 0.15) & (value > 0.8),
        (saturation < 0.18) | ((saturation < 0.3) & (value < 0.3)),
        (warm | (hue >= 295)) & (saturation < 0.62) & (value > 0.75),
        (hue >= 5) & (hue < 50) & (value < 0.65),
        warm,
        hue < 45,
        hue < 70,
        hue < 165,
        hue < 205,
        hue < 258,
        hue < 320,
    ]
    names = ["black", "white", "gray", "pink", "brown", "red", "orange", "yellow", "green", "cyan", "blue", "purple"]
    return np.select(conditions, [NAMES.index(name) for name in names], NAMES.index("pink"))


def name_colours(picture: Image.Image) -> Colours:
    """The colour that holds most of the frame, and the commonest other colour of the whole picture."""
    named = name_pixels(np.asarray(picture.convert("RGB").resize((SAMPLE_PX, SAMPLE_PX), Image.Resampling.BOX)))
    inner = np.zeros(named.shape, dtype=bool)
    inner[FRAME_PX:-FRAME_PX, FRAME_PX:-FRAME_PX] = True
    frame = np.bincount(named[~inner], minlength=len(NAMES))
    whole = np.bincount(named.ravel(), minlength=len(NAMES))
    background = int(frame.argmax())
    whole[background] = 0
    thing = int(whole.argmax())
    return Colours(
        background=NAMES[background] if frame[background] >= LEAST_FRAME_SHARE * frame.sum() else "",
        thing=NAMES[thing] if whole[thing] >= LEAST_OBJECT_SHARE * named.size else "",
    )


def thing_mask(picture: Image.Image, colour: str) -> NDArray[np.bool_]:
    """Where the picture, seen at 64x64, has this colour."""
    sampled = picture.convert("RGB").resize((SAMPLE_PX, SAMPLE_PX), Image.Resampling.BOX)
    mask: NDArray[np.bool_] = name_pixels(np.asarray(sampled)) == NAMES.index(colour)
    return mask
