"""Three fingerprints of 64 bits that alike pictures share; defined as the widely used ones, so that they compare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 8
_DCT_SIDE = 4 * SIDE


def average_hash(picture: Image.Image) -> str:
    """aHash: which parts of 8×8 are brighter than the mean."""
    grey = _grey(picture, SIDE, SIDE)
    return _hexadecimal(grey > grey.mean())


def difference_hash(picture: Image.Image) -> str:
    """dHash: which parts of 8×8 are brighter than the one to their left."""
    grey = _grey(picture, SIDE + 1, SIDE)
    return _hexadecimal(grey[:, 1:] > grey[:, :-1])


def perceptual_hash(picture: Image.Image) -> str:
    """pHash: which of the 8×8 lowest frequencies of the cosine transform exceed their median."""
    places = np.arange(_DCT_SIDE)
    basis = 2 * np.cos(np.pi * places[:SIDE, None] * (2 * places + 1) / (2 * _DCT_SIDE))
    lowest = basis @ _grey(picture, _DCT_SIDE, _DCT_SIDE) @ basis.T
    return _hexadecimal(lowest > np.median(lowest))


def _grey(picture: Image.Image, width: int, height: int) -> NDArray[np.float64]:
    return np.asarray(picture.convert("L").resize((width, height), Image.Resampling.LANCZOS), np.float64)


def _hexadecimal(bits: NDArray[np.bool_]) -> str:
    return np.packbits(bits.reshape(-1)).tobytes().hex()
