"""Pictures as numbers for networks, and back."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Planes: TypeAlias = NDArray[np.float32]
"""Channels, rows, columns; red, green and blue from 0 to 1 unless said otherwise."""

Bytes: TypeAlias = NDArray[np.uint8]


def planes_of(picture: Image.Image) -> Planes:
    """The colours of a picture."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float32) / np.float32(255)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def bytes_of(planes: Planes) -> Bytes:
    """Rows, columns, channels; what is beyond black or white is cut off."""
    return np.ascontiguousarray((planes.clip(0, 1) * 255 + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 0))


def picture_of(planes: Planes) -> Image.Image:
    """The picture of these colours."""
    return Image.fromarray(bytes_of(planes))
