"""The forward pass of `ember-demo-caption` in numpy, and how its weights are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, Self

import numpy as np
from PIL import Image

from horde_worker.backends.demo.convolution import Convolution
from horde_worker.backends.demo.weights import Array
from horde_worker.backends.demo_caption.questions import QUESTIONS
from horde_worker.backends.shipped_weights import shipped_weights

WEIGHTS_FILE: Final = "ember-demo-caption.npz"
SIDE_PX: Final = 64
WIDTHS: Final = ((True, 24), (False, 32), (True, 48), (False, 48), (True, 32))
"""Of each layer: whether cells of 2x2 are folded into one before it, and how wide it is."""


class Network:
    """Keeps no state between pictures."""

    def __init__(self, arrays: dict[str, Array], pictures_seen: int) -> None:
        self.pictures_seen = pictures_seen
        self._layers = tuple(Convolution.of(arrays, f"layers.{i}") for i in range(len(WIDTHS)))
        self._hidden, self._hidden_bias = np.ascontiguousarray(arrays["hidden.weight"].T), arrays["hidden.bias"]
        self._answers, self._answers_bias = np.ascontiguousarray(arrays["answers.weight"].T), arrays["answers.bias"]

    @classmethod
    def load(cls, weights: Path | None = None) -> Self:
        """With the weights that are installed, or those of a file. Raises `OSError` and `ValueError`."""
        source = weights if weights is not None else shipped_weights(WEIGHTS_FILE)
        with source.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files if name != "about"}
        return cls(arrays, int(about["pictures"]))

    def scores(self, picture: Image.Image) -> dict[str, Array]:
        """Of an RGB picture, stretched to the net's square: a score for every answer to every question."""
        small = picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
        flow: Array = (np.asarray(small, dtype=np.float32) / np.float32(127.5) - 1)[None]
        for layer, (is_folded, _) in zip(self._layers, WIDTHS, strict=True):
            flow = np.maximum(layer(_folded(flow) if is_folded else flow), 0)
        hidden = np.maximum(flow.reshape(1, -1) @ self._hidden + self._hidden_bias, 0)
        ends = np.cumsum([len(answers) for answers in QUESTIONS.values()])
        parts = np.split((hidden @ self._answers + self._answers_bias)[0], ends[:-1])
        return dict(zip(QUESTIONS, parts, strict=True))


def _folded(flow: Array) -> Array:
    """Cells of 2x2, each with the values of its four, one after the other."""
    pictures, rows, columns, values = flow.shape
    split = flow.reshape(pictures, rows // 2, 2, columns // 2, 2, values).transpose(0, 1, 3, 2, 4, 5)
    return split.reshape(pictures, rows // 2, columns // 2, 4 * values)
