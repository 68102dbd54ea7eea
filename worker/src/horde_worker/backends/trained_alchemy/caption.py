"""`caption`: what a picture shows, in a sentence, by BLIP in a folder of the owner's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.clip_model import DEVIATION, MEAN, NEEDS
from horde_worker.backends.trained_alchemy.form_options import FormOptions
from horde_worker.backends.trained_alchemy.pixels import planes_of

MOST_BEAMS: Final = 16
MOST_TOKENS: Final = 128
BEYOND_THE_LEAST: Final = 30
"""Tokens that a caption may be longer than its least length."""


class Captioner:
    """The model, on the graphics card where torch has one. Only safetensors are read, and no code of the folder's."""

    def __init__(self, folder: Path) -> None:
        try:
            import torch
            from transformers import AutoTokenizer, BlipForConditionalGeneration
        except ImportError as error:
            raise BackendFailure(f"captions need torch and transformers: {NEEDS}") from error
        from horde_worker.backends.trained_alchemy.torch_upscaler import best_device

        self._torch = torch
        self._device = best_device()
        try:
            loaded: Any = BlipForConditionalGeneration.from_pretrained(
                str(folder), local_files_only=True, use_safetensors=True
            )
            self._words: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        except Exception as error:  # of many classes: a file that is missing, broken or of another model
            raise BackendFailure(f"{folder.name} is no BLIP that transformers can read") from error
        self._model: Any = loaded.eval().to(self._device)
        self._side = int(self._model.config.vision_config.image_size)
        self._one_at_a_time = threading.Lock()

    def captioned(self, picture: Image.Image, options: FormOptions, should_stop: Callable[[], bool]) -> str:
        """The caption. Sampling only where a request says `top_p`: the surest sentence is the same each time."""
        least = options.whole("min_length", 20, 0, MOST_TOKENS - 1)
        top_p = options.number("top_p", 1.0, 0.01, 1.0)
        square = picture.convert("RGB").resize((self._side, self._side), Image.Resampling.BICUBIC)
        planes = ((planes_of(square) - MEAN) / DEVIATION).astype(np.float32)
        with self._one_at_a_time, self._torch.inference_mode():
            tokens = self._model.generate(
                pixel_values=self._torch.from_numpy(planes)[None].to(self._device),
                num_beams=options.whole("num_beams", 7, 1, MOST_BEAMS),
                min_length=least,
                max_length=options.whole("max_length", least + BEYOND_THE_LEAST, least + 1, MOST_TOKENS),
                repetition_penalty=options.number("repetition_penalty", 1.4, 1.0, 5.0),
                stopping_criteria=[lambda ids, _scores, **_others: self._stopped(ids, should_stop)],
                **({"do_sample": True, "top_p": top_p} if top_p < 1 else {"do_sample": False}),
            )
        if should_stop():
            raise BackendFailure("the caption was stopped")
        return str(self._words.decode(tokens[0], skip_special_tokens=True)).strip()

    def _stopped(self, ids: Any, should_stop: Callable[[], bool]) -> Any:
        return self._torch.full((len(ids),), should_stop(), dtype=self._torch.bool, device=ids.device)
