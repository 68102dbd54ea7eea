"""Judges by a classifier in an ONNX file of the owner's: the share of the classes that are not safe for work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.model_files import file_of_owner
from horde_worker.backends.trained_alchemy.onnx_model import OnnxModel
from horde_worker.backends.trained_alchemy.pixels import planes_of
from horde_worker.safety.judgement import Judgement, Wanted
from horde_worker.safety.options import SafetyOptions
from horde_worker.safety.words import means_a_child

SIDE: Final = 224
THRESHOLD: Final = 0.5


class OnnxChecker:
    """A classifier with one square picture in and one number a class out, as logits or as shares."""

    name = "onnx"
    can_judge = True

    def __init__(
        self, model: OnnxModel, *, unsafe_classes: Sequence[int], threshold: float, mean: float, deviation: float
    ) -> None:
        self._model = model
        self._unsafe = tuple(unsafe_classes)
        self._threshold = threshold
        self._mean, self._deviation = np.float32(mean), np.float32(deviation)
        self._side = model.fixed_side(SIDE)

    @classmethod
    def open(cls, options: SafetyOptions) -> Self:
        """Load it. Options: `file`, `unsafe_classes` (places of the output, usually [1]), `threshold`, `mean` and
        `deviation` (of the pixels from 0 to 1, usually both 0.5). Raises `BackendFailure`."""
        options.check_known("file", "unsafe_classes", "threshold", "mean", "deviation", "threads")
        path = file_of_owner(options.text("file"), ".onnx", what="the classifier of safety")
        checker = cls(
            OnnxModel(path, options.whole("threads", None, 1, 256)),
            unsafe_classes=options.places("unsafe_classes", (1,)),
            threshold=options.number("threshold", THRESHOLD, 0.01, 0.99),
            mean=options.number("mean", 0.5, 0, 1),
            deviation=options.number("deviation", 0.5, 0.01, 10),
        )
        checker.unsafe_share(Image.new("RGB", (64, 64), "grey"))  # one that cannot be run is found out now
        return checker

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        """Not safe for work from the threshold on; where a child is named, from half of it."""
        share = await asyncio.to_thread(self.unsafe_share, picture)
        is_csam = means_a_child(wanted.prompt) and share >= self._threshold / 2
        return Judgement(is_nsfw=share >= self._threshold, is_csam=is_csam)

    def unsafe_share(self, picture: Image.Image) -> float:
        """How sure the classifier is, from 0 to 1. Raises `BackendFailure`."""
        small = planes_of(picture.convert("RGB").resize((self._side, self._side), Image.Resampling.BILINEAR))
        output = self._model((small - self._mean) / self._deviation)
        if output.ndim != 1 or len(output) <= max(self._unsafe) or not np.isfinite(output).all():
            raise BackendFailure(f"the classifier of safety gave {output.shape}, and class {max(self._unsafe)} counts")
        return float(sum(shares(output)[place] for place in self._unsafe))


def shares(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares that add up to one, from shares or from logits."""
    if (output >= 0).all() and abs(float(output.sum()) - 1) < 1e-3:
        return output
    raised = np.exp(output - output.max())
    result: NDArray[np.float32] = raised / raised.sum()
    return result
