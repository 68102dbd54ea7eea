"""Judges by what is bare in a picture, which nudenet's detector sees, and by whether a child is named."""

from __future__ import annotations

import asyncio
from typing import Final, Self

from PIL import Image

from horde_worker.backends.trained_alchemy.body_detector import BodyDetector, is_not_safe
from horde_worker.safety.judgement import Judgement, Wanted
from horde_worker.safety.options import SafetyOptions
from horde_worker.safety.words import means_a_child

THRESHOLD: Final = 0.45
NEAR_A_CHILD: Final = 0.25
"""Where a prompt names a child, less is enough: the detector does not tell ages."""


class NudenetChecker:
    """The detector in nudenet's wheel, or a larger one of the same build."""

    name = "nudenet"
    can_judge = True

    def __init__(self, detector: BodyDetector, threshold: float = THRESHOLD) -> None:
        self._detector = detector
        self._threshold = threshold

    @classmethod
    def open(cls, options: SafetyOptions) -> Self:
        """Load it. Options: `file`, `threshold`, `threads`. Raises `BackendFailure`."""
        options.check_known("file", "threshold", "threads")
        detector = BodyDetector.open(options.text("file"), options.whole("threads", None, 1, 256))
        checker = cls(detector, options.number("threshold", THRESHOLD, 0.2, 0.99))
        detector.found(Image.new("RGB", (64, 64), "grey"))  # a network that cannot be run is found out now
        return checker

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        """Not safe for work from the threshold on."""
        found = await asyncio.to_thread(self._detector.found, picture)
        is_near_child = means_a_child(wanted.prompt)
        return Judgement(
            is_nsfw=is_not_safe(found, self._threshold),
            is_csam=is_near_child and is_not_safe(found, min(NEAR_A_CHILD, self._threshold)),
        )
