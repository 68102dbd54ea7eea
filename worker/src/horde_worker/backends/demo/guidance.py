"""Classifier-free guidance: how far the prompt pulls the picture away from the negative prompt."""

from __future__ import annotations

from typing import Final

import numpy as np

from horde_worker.backends.demo.weights import Array

QUIET_BELOW_SIGMA: Final = 0.3
"""At little noise the picture is decided; pulling on would only shift its colours, so guidance ends here."""


def guided(wanted: Array, unwanted: Array, cfg_scale: float) -> Array:
    """`unwanted + cfg_scale * (wanted - unwanted)`, kept inside the range of colours."""
    return clipped(unwanted + np.float32(cfg_scale) * (wanted - unwanted))


def clipped(picture: Array) -> Array:
    """A guess of the clean picture, kept where colours exist: what lies outside can only be wrong."""
    inside: Array = np.clip(picture, -1, 1)
    return inside
