"""CLIP in a folder of the owner's: pictures and words as directions, near each other where they mean the same."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.pixels import Planes, planes_of

MEAN: Final = np.array((0.48145466, 0.4578275, 0.40821073), np.float32)[:, None, None]
DEVIATION: Final = np.array((0.26862954, 0.26130258, 0.27577711), np.float32)[:, None, None]
"""Of the pictures that CLIP, and BLIP after it, was trained on."""
WORDS_AT_A_TIME: Final = 64
NEEDS: Final = "pip install torch transformers safetensors"

Directions: TypeAlias = NDArray[np.float32]
"""Of length one, the last dimension being the coordinates."""


class ClipModel:
    """The model, on the graphics card where torch has one. Only safetensors are read, and no code of the folder's."""

    def __init__(self, folder: Path) -> None:
        try:
            import torch
            from transformers import AutoTokenizer, CLIPModel
        except ImportError as error:
            raise BackendFailure(f"CLIP needs torch and transformers: {NEEDS}") from error
        from horde_worker.backends.trained_alchemy.torch_upscaler import best_device

        self._torch = torch
        self._device = best_device()
        try:
            loaded: Any = CLIPModel.from_pretrained(str(folder), local_files_only=True, use_safetensors=True)
            self._words: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        except Exception as error:  # of many classes: a file that is missing, broken or of another model
            raise BackendFailure(f"{folder.name} is no CLIP that transformers can read") from error
        self._model: Any = loaded.eval().to(self._device)
        self._side = int(self._model.config.vision_config.image_size)
        self._one_at_a_time = threading.Lock()  # the forms share it

    @property
    def sharpness(self) -> float:
        """What cosines are multiplied by before their softmax, as trained."""
        return float(self._model.logit_scale.exp().item())

    def picture(self, picture: Image.Image) -> Directions:
        """Where a picture points."""
        planes = ((middle_square(picture, self._side) - MEAN) / DEVIATION).astype(np.float32)
        with self._one_at_a_time, self._torch.inference_mode():
            given = self._torch.from_numpy(planes)[None].to(self._device)
            seen = self._model.visual_projection(self._model.vision_model(pixel_values=given).pooler_output)
        direction: Directions = _of_length_one(seen)[0]
        return direction

    def words(self, texts: Sequence[str]) -> Directions:
        """Where texts point, one row each."""
        rows = []
        longest = int(self._model.config.text_config.max_position_embeddings)
        for begin in range(0, len(texts), WORDS_AT_A_TIME):
            some = list(texts[begin : begin + WORDS_AT_A_TIME])
            with self._one_at_a_time, self._torch.inference_mode():
                read = self._words(some, padding=True, truncation=True, max_length=longest, return_tensors="pt")
                read = {name: read[name].to(self._device) for name in ("input_ids", "attention_mask")}
                rows.append(_of_length_one(self._model.text_projection(self._model.text_model(**read).pooler_output)))
        return np.concatenate(rows)


def middle_square(picture: Image.Image, side: int) -> Planes:
    """The middle of a picture as a square of this side."""
    scale = side / min(picture.size)
    size = max(round(picture.width * scale), side), max(round(picture.height * scale), side)
    small = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return planes_of(small.crop((left, top, left + side, top + side)))


def _of_length_one(found: Any) -> Directions:
    rows: Directions = found.float().cpu().numpy()
    if not np.isfinite(rows).all():
        raise BackendFailure("CLIP gave numbers that are none")
    result: Directions = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-12))
    return result
