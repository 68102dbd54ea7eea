"""Control maps of how far things are, and which way they face, by a depth model of the owner's. Needs torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from horde_worker.backends.diffusers.control_maps import sobel
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.devices import Device

_TELL_DISTANCE: Final = frozenset({"glpn", "zoedepth"})
"""Families whose numbers grow with distance; those of others, with nearness."""
_STEEPNESS: Final = 32.0
"""How much the whole range of depths weighs against the view's own direction."""
_BACKGROUND_BELOW: Final = 0.4
"""What is farther faces the viewer: its slopes are noise, mostly."""


class DepthMaps:
    """`depth` (near is bright) and `normal` (directions as colours) out of pictures, on one device."""

    def __init__(self, folder: Path | None, device: Device) -> None:
        self._folder = folder
        self._device = device
        self._loaded: tuple[Any, Any] | None = None

    def draws(self, control_type: str) -> bool:
        """Whether there is a model, and this is what it is for."""
        return self._folder is not None and control_type in ("depth", "normal")

    def forget(self) -> None:
        """Memory is needed."""
        self._loaded = None

    def drawn(self, control_type: str, picture: Image.Image) -> Image.Image:
        """The map in the size of its picture. Raises `BackendFailure`."""
        nearness = self._nearness(picture)
        shown = _depth(nearness) if control_type == "depth" else _normal(nearness)
        return shown if shown.size == picture.size else shown.resize(picture.size, Image.Resampling.BICUBIC)

    def _nearness(self, picture: Image.Image) -> NDArray[np.float32]:
        """From 0, the farthest, to 1."""
        processor, model = self._model()
        inputs = processor(images=picture, return_tensors="pt").to(self._device.name, self._device.dtype)
        with torch.inference_mode():
            found: NDArray[np.float32] = model(**inputs).predicted_depth[0].float().cpu().numpy()
        if not np.isfinite(found).all():
            raise BackendFailure("the depth model gives no numbers: it overflows in this dtype")
        low, high = float(found.min()), float(found.max())
        scaled: NDArray[np.float32] = (found - low) / max(high - low, 1e-6)
        is_metric = getattr(model.config, "depth_estimation_type", "") == "metric"
        return 1 - scaled if is_metric or model.config.model_type in _TELL_DISTANCE else scaled

    def _model(self) -> tuple[Any, Any]:
        from transformers import AutoImageProcessor, AutoModelForDepthEstimation

        if self._loaded is None:
            own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            try:
                processor = AutoImageProcessor.from_pretrained(str(self._folder), **own)
                model = AutoModelForDepthEstimation.from_pretrained(
                    str(self._folder), use_safetensors=True, dtype=self._device.dtype, **own
                )
            except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
                reason = str(error).partition("\n")[0][:300]
                raise BackendFailure(f"the depth model cannot be loaded: {reason}") from error
            self._loaded = (processor, model.to(self._device.name).eval())
        return self._loaded


def _depth(nearness: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.round(nearness * 255).astype(np.uint8), "L").convert("RGB")


def _normal(nearness: NDArray[np.float32]) -> Image.Image:
    """Red is to the right, green downwards, blue towards the viewer; each from -1 to 1."""
    across, down = (slope * _STEEPNESS for slope in sobel(nearness))
    is_far = nearness < _BACKGROUND_BELOW
    across[is_far], down[is_far] = 0, 0
    towards = np.full_like(across, 2 * np.pi)
    directions = np.stack((across, down, towards), axis=2)
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    return Image.fromarray(np.clip(directions * 127.5 + 127.5, 0, 255).astype(np.uint8), "RGB")
