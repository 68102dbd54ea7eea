"""The canvases the net knows, and the way between them and pictures of any size."""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from horde_worker.backends.demo.weights import Array

Size: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[int, int, int, int]

CANVASES: Final[tuple[Size, ...]] = ((48, 48), (60, 36), (36, 60))
"""Width and height in pixels: the shapes seen in training."""

LEAST_KEPT_SHARE: Final = 0.75


def nearest_canvas(width: int, height: int) -> Size:
    """The canvas whose aspect is closest, counted in factors so that wide and tall are treated alike."""
    wanted = math.log(width / height)
    return min(CANVASES, key=lambda canvas: abs(math.log(canvas[0] / canvas[1]) - wanted))


def to_picture(pixels: Array, canvas: Size, width: int, height: int) -> Image.Image:
    """RGB picture of exactly this size from (rows, columns, 3) in -1..1, a canvas that may have been enlarged."""
    factor = pixels.shape[1] / canvas[0]
    left, top, right, bottom = (side * factor for side in shown_part(canvas, width, height))
    return to_image(pixels).resize((width, height), Image.Resampling.LANCZOS, box=(left, top, right, bottom))


def to_image(pixels: Array) -> Image.Image:
    """The same in its own size."""
    return Image.fromarray(np.clip(np.rint((pixels + 1) * 127.5), 0, 255).astype(np.uint8))


def to_pixels(picture: Image.Image) -> Array:
    """The other way, in the picture's own size."""
    pixels: Array = np.asarray(picture, dtype=np.float32) / np.float32(127.5) - 1
    return pixels


def to_canvas(picture: Image.Image, canvas: Size, width: int, height: int, *, whole: bool = False) -> Array:
    """A picture, seen as width x height, in the part of the canvas that is shown (or in all of it); edges run on."""
    left, top, right, bottom = (0, 0, *canvas) if whole else shown_part(canvas, width, height)
    small = picture.convert("RGB").resize((right - left, bottom - top), Image.Resampling.BOX)
    pixels = to_pixels(small)
    margins = ((top, canvas[1] - bottom), (left, canvas[0] - right), (0, 0))
    filled: Array = np.pad(pixels, margins, mode="edge")
    return filled


def shown_part(canvas: Size, width: int, height: int) -> Box:
    """The largest centred part with the wanted aspect, but three quarters of the canvas at least: then it stretches."""
    canvas_width, canvas_height = canvas
    keep_x = max(LEAST_KEPT_SHARE, min(1.0, canvas_height * width / height / canvas_width))
    keep_y = max(LEAST_KEPT_SHARE, min(1.0, canvas_width * height / width / canvas_height))
    left, top = round(canvas_width * (1 - keep_x) / 2), round(canvas_height * (1 - keep_y) / 2)
    return left, top, canvas_width - left, canvas_height - top
