"""Parts of bodies in a picture, bare or covered, and faces: the detector inside the wheel `nudenet`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.model_files import file_in_package, file_of_owner
from horde_worker.backends.trained_alchemy.onnx_model import OnnxModel
from horde_worker.backends.trained_alchemy.pixels import Planes, planes_of

PACKAGE: Final = "nudenet"
FILE: Final = "320n.onnx"
SIDE: Final = 320
LEAST_SCORE: Final = 0.2
"""Below it the detector sees things everywhere."""
SAME_BY_OVERLAP: Final = 0.45
"""From this share of common area on, two boxes of one label show one thing."""

LABELS: Final = (  # in the order of the network's outputs
    "female genitalia, covered",
    "female face",
    "buttocks, bare",
    "female breast, bare",
    "female genitalia, bare",
    "male breast, bare",
    "anus, bare",
    "feet, bare",
    "belly, covered",
    "feet, covered",
    "armpits, covered",
    "armpits, bare",
    "male face",
    "belly, bare",
    "male genitalia, bare",
    "anus, covered",
    "female breast, covered",
    "buttocks, covered",
)
FACES: Final = frozenset({"female face", "male face"})
NOT_SAFE_FOR_WORK: Final = frozenset(
    {"female breast, bare", "female genitalia, bare", "male genitalia, bare", "anus, bare", "buttocks, bare"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """Something in a picture: how sure that is, from 0 to 1, and where: left, top, right, bottom in pixels."""

    label: str
    score: float
    box: tuple[float, float, float, float]


class BodyDetector:
    """The detector, loaded. One picture takes some hundredths of a second."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self._model = OnnxModel(path, threads)
        self._side = self._model.fixed_side(SIDE)

    @classmethod
    def open(cls, file: str = "", threads: int | None = None) -> BodyDetector:
        """The detector in the wheel, or a larger one of the same build in a file. Raises `BackendFailure`."""
        path = file_of_owner(file, ".onnx", what="a detector of nudity") if file else file_in_package(PACKAGE, FILE)
        return cls(path, threads)

    def found(self, picture: Image.Image) -> list[Found]:
        """What is seen, the surest first. Raises `BackendFailure`."""
        longest = max(picture.size)
        return found_in(self._model(_square(picture, self._side)), longest / self._side)


def is_not_safe(found: Iterable[Found], threshold: float) -> bool:
    """Whether something is bare that is not to be seen at work."""
    return any(one.label in NOT_SAFE_FOR_WORK and one.score >= threshold for one in found)


def _square(picture: Image.Image, side: int) -> Planes:
    """The whole picture in the top left corner of a black square."""
    scale = side / max(picture.size)
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    square = Image.new("RGB", (side, side))
    square.paste(picture.convert("RGB").resize(size, Image.Resampling.BILINEAR), (0, 0))
    return planes_of(square)


def found_in(output: Planes, scale: float) -> list[Found]:
    """What the network's output says: of each candidate its centre, width and height, then a score a label.

    `scale` is how many pixels of the picture one of the network's is. Raises `BackendFailure` for another output.
    """
    if output.ndim != 2 or output.shape[0] != 4 + len(LABELS):
        raise BackendFailure(f"the detector's output of {output.shape} is not that of nudenet's network")
    scores = output[4:]
    best = scores.argmax(axis=0)
    highest = scores.max(axis=0)
    candidates = []
    for place in np.flatnonzero(highest >= LEAST_SCORE):
        across, down, wide, high = (float(value) * scale for value in output[:4, place])
        box = (across - wide / 2, down - high / 2, across + wide / 2, down + high / 2)
        candidates.append(Found(LABELS[int(best[place])], float(highest[place]), box))
    return _each_once(sorted(candidates, key=lambda one: -one.score))


def _each_once(candidates: Sequence[Found]) -> list[Found]:
    """The surest of those that show the same."""
    kept: list[Found] = []
    for one in candidates:
        if not any(one.label == other.label and _overlap(one.box, other.box) > SAME_BY_OVERLAP for other in kept):
            kept.append(one)
    return kept


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The common area of two boxes, as a share of what both cover."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return wide * high / (areas - wide * high)
