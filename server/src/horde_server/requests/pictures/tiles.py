"""The size of a picture in tiles, by which upscalers and interrogators are asked for and paid."""

from __future__ import annotations

from math import ceil
from typing import Final

TILE_SIDE_PIXELS: Final = 512


def tiles(width: int, height: int) -> int:
    """How many tiles of 512×512 pixels cover a picture."""
    return ceil(width / TILE_SIDE_PIXELS) * ceil(height / TILE_SIDE_PIXELS)
