"""`strip_background`: a network of U²-Net's build says what stands in front; the rest becomes transparent."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.onnx_model import OnnxModel
from horde_worker.backends.trained_alchemy.pixels import Planes, planes_of

SIDE: Final = 320
MEAN: Final = np.array((0.485, 0.456, 0.406), np.float32)[:, None, None]
DEVIATION: Final = np.array((0.229, 0.224, 0.225), np.float32)[:, None, None]
"""Of the pictures that such networks are trained on."""
LEAST_CONTRAST: Final = 1e-3
"""Between the surest front and the surest back; below it the network sees no difference."""


class BackgroundStripper:
    """The network in a file of the owner's."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self._model = OnnxModel(path, threads)
        self._side = self._model.fixed_side(SIDE)

    def stripped(self, picture: Image.Image) -> Image.Image:
        """The picture, RGBA: transparent where nothing stands in front. Raises `BackendFailure`."""
        small = planes_of(picture.convert("RGB").resize((self._side, self._side), Image.Resampling.LANCZOS))
        front = front_in(self._model(((small - MEAN) / DEVIATION).astype(np.float32)))
        alpha = Image.fromarray((front * 255 + 0.5).astype(np.uint8))
        alpha = alpha.resize(picture.size, Image.Resampling.LANCZOS)
        result = picture.convert("RGB").convert("RGBA")
        if picture.mode == "RGBA":  # what was transparent before stays so
            alpha = Image.fromarray(np.minimum(np.asarray(alpha), np.asarray(picture.getchannel("A"))))
        result.putalpha(alpha)
        return result


def front_in(output: Planes) -> Planes:
    """How much each pixel stands in front, from 0 to 1, over the whole range. Raises `BackendFailure`."""
    map_ = output[0] if output.ndim == 3 else output
    if map_.ndim != 2 or not np.isfinite(map_).all():
        raise BackendFailure(f"a network that makes {output.shape} does not tell front from back")
    low, high = float(map_.min()), float(map_.max())
    if high - low < LEAST_CONTRAST:  # all is front: nobody wants to get an empty picture
        return np.ones_like(map_)
    result: Planes = (map_ - low) / np.float32(high - low)
    return result
