"""The canvases the net knows, and how one becomes a picture of the size that was asked for."""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from horde_worker.backends.demo.weights import Array

Size: TypeAlias = tuple[int, int]

CANVASES: Final[tuple[Size, ...]] = ((64, 64), (80, 48), (48, 80))
"""Width and height in pixels: the shapes seen in training."""


def nearest_canvas(width: int, height: int) -> Size:
    """The canvas whose aspect is closest, counted in factors so that wide and tall are treated alike."""
    wanted = math.log(width / height)
    return min(CANVASES, key=lambda canvas: abs(math.log(canvas[0] / canvas[1]) - wanted))


def to_picture(pixels: Array, width: int, height: int) -> Image.Image:
    """RGB picture of exactly this size from (rows, columns, 3) in -1..1; fills the frame, trimming the longer way."""
    small = Image.fromarray(np.clip(np.rint((pixels + 1) * 127.5), 0, 255).astype(np.uint8))
    return small.resize((width, height), Image.Resampling.LANCZOS, box=_trimmed(small.size, width, height))


def _trimmed(size: Size, width: int, height: int) -> tuple[float, float, float, float]:
    """The largest centred part with the wanted aspect, but three quarters of the canvas at least: then it stretches."""
    canvas_width, canvas_height = size
    keep_x = max(0.75, min(1.0, canvas_height * width / height / canvas_width))
    keep_y = max(0.75, min(1.0, canvas_width * height / width / canvas_height))
    dx, dy = canvas_width * (1 - keep_x) / 2, canvas_height * (1 - keep_y) / 2
    return dx, dy, canvas_width - dx, canvas_height - dy
