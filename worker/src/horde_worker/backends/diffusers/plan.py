"""How a job is painted: in which size, from what, in how many passes and steps. Knows neither torch nor the library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image

from horde_worker.backends.diffusers.samplers import SAMPLERS
from horde_worker.backends.image import ImageJob, Remark
from horde_worker.backends.normalise.baselines import Baseline
from horde_worker.backends.normalise.hires_fix import hires_fix
from horde_worker.backends.normalise.samplers import chosen_sampler
from horde_worker.backends.normalise.sizes import Size, painted_size
from horde_worker.backends.normalise.source_pictures import prepared, resized

MOST_LEVELS: Final = 200
"""Noise levels of a pass of which only the last are walked: more cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Of `levels` noise levels the last `walked` are walked; `strength` is the library's word for their share."""

    levels: int
    walked: int

    @property
    def strength(self) -> float:
        """From which the library counts back to just these steps; 1 means from noise alone."""
        return 1.0 if self.walked == self.levels else (self.walked + 0.5) / self.levels


@dataclass(frozen=True, slots=True)
class Plan:
    """A job in the library's terms. With `second` there is a pass that paints over the enlarged picture."""

    sampler: str
    karras: bool
    first_size: Size
    first: Steps
    size: Size
    second: Steps | None = None
    source: Image.Image | None = None
    mask: Image.Image | None = None
    control: Image.Image | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def steps(self) -> int:
        """Of both passes."""
        return self.first.walked + (self.second.walked if self.second else 0)


def plan_of(job: ImageJob, baseline: Baseline, *, fills_masks: bool, samplers: frozenset[str]) -> Plan:
    """How to paint a job. `fills_masks` says that the model can do nothing but that."""
    sampler, remarks = chosen_sampler(job.sampler)
    if sampler not in samplers:
        remarks = (*remarks, Remark("information", "see_ref", f"no {sampler} here: k_euler instead"))
        sampler = "k_euler"
    if job.karras and not SAMPLERS[sampler].karras:
        remarks = (*remarks, Remark("information", "see_ref", f"{sampler} has no Karras spacing here"))
    size = painted_size(job.width, job.height)
    if job.control_type:  # the source says where things are, and is not painted over
        sides = _sides(job, baseline)
        control = None if job.source is None else resized(job.source.convert("RGB"), size)
        return Plan(sampler, job.karras, sides[0], _whole(job.steps), size, sides[1], control=control, remarks=remarks)
    from_what = prepared(job, size, wants_mask=fills_masks)
    first_size, second = _sides(job, baseline)
    source = from_what.source
    first = _whole(job.steps)
    if source is not None:
        source = resized(source, first_size)
        strength = job.denoising_strength if job.source is not None else 1.0
        first = steps_from_source(job.steps, strength)
    return Plan(
        sampler,
        job.karras,
        first_size,
        first,
        size,
        second,
        source,
        from_what.mask,
        remarks=(*remarks, *from_what.remarks),
    )


def steps_from_source(steps: int, strength: float) -> Steps:
    """All the steps asked for, over the last part of the way: so it costs what it says, as with the reference."""
    levels = min(math.ceil(steps / max(strength, 0.01) - 1e-9), max(MOST_LEVELS, steps))
    return Steps(levels, max(1, min(steps, math.floor(levels * strength + 1e-9))))


def _whole(steps: int) -> Steps:
    return Steps(steps, steps)


def _sides(job: ImageJob, baseline: Baseline) -> tuple[Size, Steps | None]:
    """The size of the first pass, and the steps of a second."""
    fix = hires_fix(job, baseline)
    if fix is None:
        return painted_size(job.width, job.height), None
    return fix.first, steps_from_source(fix.steps, fix.strength)
