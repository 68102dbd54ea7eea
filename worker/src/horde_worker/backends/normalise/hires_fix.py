"""Hires fix: whether a job has two passes, the size of the first, and how much work the second is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from horde_worker.backends.image import ImageJob
from horde_worker.backends.normalise.baselines import Baseline, native_side
from horde_worker.backends.normalise.sizes import Size, painted_size, rounded_down

SDXL_SIZES: Final[tuple[Size, ...]] = (
    (1024, 1024), (1152, 896), (896, 1152), (1216, 832), (832, 1216),
    (1344, 768), (768, 1344), (1536, 640), (640, 1536),
)  # fmt: skip
"""Shapes that SDXL was trained on."""

_LARGE: Final = 1024
_LEAST_STEPS: Final = 6
_BASE_STEPS: Final = 3


@dataclass(frozen=True, slots=True)
class HiresFix:
    """Two passes: painted at `first`, enlarged to the size of the job, painted over in `steps` steps by `strength`."""

    first: Size
    steps: int
    strength: float


def hires_fix(job: ImageJob, baseline: Baseline) -> HiresFix | None:
    """How the job is painted in two passes; None where one is right, also if the job asked for two.

    A part that must be kept would be lost, and a picture no larger than what the model was trained on gains nothing.
    """
    if not job.hires_fix or job.mask is not None or (job.given is not None and job.given.is_inpainting):
        return None
    width, height = painted_size(job.width, job.height)
    if min(width, height) <= native_side(baseline):
        return None
    first = first_pass_size(width, height, baseline)
    if first[0] >= width or first[1] >= height:
        return None
    strength = job.hires_denoising_strength
    return HiresFix(first, second_pass_steps(width, height, job.steps, strength, baseline), strength)


def first_pass_size(width: int, height: int, baseline: Baseline) -> Size:
    """A size of about the same shape that the model was trained on, in multiples of 64."""
    native = native_side(baseline)
    if baseline == Baseline.stable_cascade or native < _LARGE:
        scale = native / (max(width, height) if native == _LARGE else min(width, height))
        return rounded_down(width * scale), rounded_down(height * scale)
    wanted = math.log(width / height)
    return min(SDXL_SIZES, key=lambda size: abs(math.log(size[0] / size[1]) - wanted))


def second_pass_steps(width: int, height: int, steps: int, strength: float, baseline: Baseline) -> int:
    """Fewer where little is painted anew, more the larger the picture; six (or all) at least, and no more than all."""
    native = native_side(baseline)
    growth = (width * height / native**2) / (3 * 512 / native)
    wanted = (_BASE_STEPS + (steps - _BASE_STEPS) * strength**2) * 2 ** min(growth, 64.0) / 2.25
    if steps <= 18:
        wanted += 3
    return round(min(max(wanted, min(_LEAST_STEPS, steps)), steps))
