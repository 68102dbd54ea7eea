"""Control maps out of pictures, without trained models: outlines for ControlNets.

A map has the size of its picture: white lines on black, as the nets were trained. Depth and directions need a model
(`depth_maps`); poses and the like come with the job (`image_is_control`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Plane: TypeAlias = NDArray[np.float32]

CANNY_LOW: Final = 100.0
CANNY_HIGH: Final = 200.0
"""Of the gradient's size, for brightness from 0 to 255."""
SCRIBBLE_DARK: Final = 127


def canny(picture: Image.Image) -> Image.Image:
    """Thin outlines: where brightness changes most, and on from there along the line while it changes still."""
    brightness = _plane(picture.convert("L").filter(ImageFilter.GaussianBlur(1.0)))
    across, down = sobel(brightness)
    size = np.hypot(across, down)
    thin = _thinned(size, across, down)
    return _image(_connected(thin >= CANNY_HIGH, thin >= CANNY_LOW))


def scribble(picture: Image.Image) -> Image.Image:
    """Somebody's dark lines on light paper, white on black. A drawing that is light on dark already stays as it is."""
    brightness = _plane(picture.convert("L"))
    is_light_on_dark = float(np.mean(brightness)) < SCRIBBLE_DARK
    return _image(brightness > SCRIBBLE_DARK if is_light_on_dark else brightness < SCRIBBLE_DARK)


def fake_scribbles(picture: Image.Image) -> Image.Image:
    """What somebody would scribble who saw the picture: its main outlines, thick."""
    calm = picture.convert("L").filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(2.0))
    return canny(calm).filter(ImageFilter.MaxFilter(5))


MAKERS: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = {
    "canny": canny,
    "scribble": scribble,
    "fakescribbles": fake_scribbles,
}
"""By the API's control types."""


def _plane(picture: Image.Image) -> Plane:
    return np.asarray(picture, dtype=np.float32)


def _image(shown: NDArray[np.bool_]) -> Image.Image:
    return Image.fromarray(shown.astype(np.uint8) * 255, "L").convert("RGB")


def sobel(plane: Plane) -> tuple[Plane, Plane]:
    """How brightness changes to the right and downwards."""
    wide = np.pad(plane, 1, mode="edge")
    rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    columns = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    return rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2]


def _thinned(size: Plane, across: Plane, down: Plane) -> Plane:
    """Only what is largest along its own direction: outlines of one pixel."""
    sector = np.round(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 4
    wide = np.pad(size, 1)
    height, width = size.shape
    thin = np.zeros_like(size)
    for place, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = wide[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        behind = wide[1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        best = (sector == place) & (size >= ahead) & (size > behind)
        thin[best] = size[best]
    return thin


def _connected(strong: NDArray[np.bool_], weak: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The strong ones, and the weak ones that hang on them: each round goes on from what the last one found."""
    height, width = strong.shape
    found = np.pad(strong, 1)
    may = np.pad(weak & ~strong, 1)
    rows, columns = np.nonzero(found)
    while len(rows):
        near_rows = (rows[:, None] + _AROUND[0]).ravel()
        near_columns = (columns[:, None] + _AROUND[1]).ravel()
        is_new = may[near_rows, near_columns]
        rows, columns = near_rows[is_new], near_columns[is_new]
        may[rows, columns] = False
        found[rows, columns] = True
        places = np.unique(rows * (width + 2) + columns)
        rows, columns = places // (width + 2), places % (width + 2)
    return found[1 : height + 1, 1 : width + 1]


_AROUND: Final = (np.array([-1, -1, -1, 0, 0, 1, 1, 1]), np.array([-1, 0, 1, -1, 1, -1, 0, 1]))
