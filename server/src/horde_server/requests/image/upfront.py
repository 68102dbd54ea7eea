"""Which image requests need kudos in hand, and what is made of one without (requests.md §7)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from horde_server.models.catalogue import DEFAULT_MAX_STEPS, baseline, steps_range
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.upfront import Upfront

DEFAULT_DOWNGRADED_STEPS = 30
MAX_CONTROL_STEPS = 20
MAX_LCM_STEPS = 10
LEAST_SIDE = 576
MOST_SIDE = 1024
FEWEST_DOWNGRADED_STEPS = 5
SMALLEST_DOWNGRADED_AREA = 512 * 512

_ADAPTIVE, _PLAIN = "k_dpm_adaptive", "k_euler_a"
_LARGE_BASELINES = frozenset({"stable_diffusion_xl", "stable_cascade", "flux_1"})
_SD2_BASELINES = frozenset({"stable diffusion 2", "stable diffusion 2 512"})


class ImageUpfront(StrEnum):
    """Why an image request needs kudos in hand."""

    FAST_WORKERS = "fast_workers"  # slow workers are refused
    LCM_STEPS = "lcm_steps"  # LCM needs few steps
    MODEL_STEPS = "model_steps"  # more steps than a model asked for needs
    RESOLUTION = "resolution"  # larger than the horde gives away right now
    CONTROL_STEPS = "control_steps"
    WORKER_LIST = "worker_list"  # workers are named, and this horde charges for that

    @property
    def can_be_downgraded(self) -> bool:
        """Whether a smaller request would not need kudos."""
        return self is not ImageUpfront.WORKER_LIST


_STEPS = frozenset({ImageUpfront.LCM_STEPS, ImageUpfront.MODEL_STEPS, ImageUpfront.CONTROL_STEPS})


@dataclass(frozen=True, slots=True)
class UpfrontImage:
    """An order with what the rule knows of its models. `max_steps` of each model named that has such a limit."""

    order: ImageOrder
    baselines: frozenset[str]
    max_steps: tuple[int, ...] = ()
    has_unlimited_model: bool = True  # some model named has no such limit, or any model may serve

    def steps_limit(self, default: int) -> int:
        """The fewest of the models' limits, of which a model without one has `default`."""
        return min((*self.max_steps, default) if self.has_unlimited_model else self.max_steps)

    def with_order(self, **changes: Any) -> UpfrontImage:
        """The same with other wishes, for the same models."""
        return replace(self, order=msgspec.structs.replace(self.order, **changes))


def upfront_image(order: ImageOrder) -> UpfrontImage:
    """An order with what is known of its models."""
    limits = [steps_range(model)[1] for model in order.models]
    own = tuple(limit for limit in limits if limit != DEFAULT_MAX_STEPS)
    return UpfrontImage(
        order=order,
        baselines=frozenset(map(baseline, order.models)),
        max_steps=own,
        has_unlimited_model=len(own) < len(limits) or not limits,
    )


def upfront(
    order: ImageOrder, *, image_threads: int, queued_jobs: int, on_worker_list: bool
) -> Upfront[ImageOrder] | None:
    """Why the order needs kudos in hand, with what would do without; None: it is taken whatever the balance.

    `on_worker_list`: whether this horde charges for naming workers.
    """
    image = upfront_image(order)
    side = free_side(image.baselines, image_threads=image_threads, queued_jobs=queued_jobs)
    reason = image_upfront(image, side, on_worker_list=on_worker_list)
    if reason is None:
        return None
    return Upfront(
        reason=reason,
        smaller=(lambda: downgraded(image, side).order) if reason.can_be_downgraded else None,
        changes=lambda: free_changes(image, side, on_worker_list=on_worker_list),
        limits={"max_resolution": side},
    )


def free_side(baselines: frozenset[str], *, image_threads: int, queued_jobs: int) -> int:
    """Side of the largest square that is free of upfront kudos right now, in pixels."""
    side = max(1024 + 10 * image_threads - round(0.9 * queued_jobs), LEAST_SIDE)
    if side < 768 and baselines & _SD2_BASELINES:
        side = 768
    if side < 1024 and baselines & _LARGE_BASELINES:
        side = 1024
    return min(side, MOST_SIDE)


def image_upfront(image: UpfrontImage, side: int, *, on_worker_list: bool) -> ImageUpfront | None:
    """Why the request needs kudos in hand; None: it is taken whatever the balance. `side` is `free_side`'s."""
    return next(_reasons(image, side, on_worker_list=on_worker_list), None)


def free_changes(image: UpfrontImage, side: int, *, on_worker_list: bool) -> list[str]:
    """What to change of a request, all of it together, so that it needs no kudos in hand."""
    reasons = list(_reasons(image, side, on_worker_list=on_worker_list))
    if image.order.sampler_name == _ADAPTIVE and _STEPS.intersection(reasons):  # it takes as many steps as it likes
        other = image.with_order(sampler_name=_PLAIN)
        return [f"choose another sampler than {_ADAPTIVE}", *free_changes(other, side, on_worker_list=on_worker_list)]
    return list(dict.fromkeys(_change(reason, image, side) for reason in reasons))


def _change(reason: ImageUpfront, image: UpfrontImage, side: int) -> str:
    match reason:
        case ImageUpfront.FAST_WORKERS:
            return "set slow_workers to true"
        case ImageUpfront.RESOLUTION:
            return f"ask for at most {side}x{side} pixels"
        case ImageUpfront.WORKER_LIST:
            return "name no workers"
        case _:
            return f"ask for at most {_most_steps(image)} steps"


def _most_steps(image: UpfrontImage) -> int:
    """The most that are free, as they are asked for."""
    order = image.order
    return max(_limit(image, DEFAULT_MAX_STEPS) // (order.accurate_steps // order.steps), 1)


def _limit(image: UpfrontImage, default: int) -> int:
    """The most model evaluations that are free, where a model without a limit of its own has `default`."""
    limit = image.steps_limit(default)
    if image.order.control_type is not None:
        limit = min(limit, MAX_CONTROL_STEPS)
    if image.order.uses_lcm:
        limit = min(limit, MAX_LCM_STEPS)
    return limit


def _reasons(image: UpfrontImage, side: int, *, on_worker_list: bool) -> Iterator[ImageUpfront]:
    order, steps = image.order, image.order.accurate_steps
    reasons = (
        (ImageUpfront.FAST_WORKERS, not order.slow_workers),
        (ImageUpfront.LCM_STEPS, order.uses_lcm and steps > MAX_LCM_STEPS),
        (ImageUpfront.MODEL_STEPS, steps > image.steps_limit(DEFAULT_MAX_STEPS)),
        (ImageUpfront.RESOLUTION, order.pixels > side**2),
        (ImageUpfront.CONTROL_STEPS, order.control_type is not None and steps > MAX_CONTROL_STEPS),
        (ImageUpfront.WORKER_LIST, on_worker_list and bool(order.workers)),
    )
    return (reason for reason, holds in reasons if holds)


def downgraded(image: UpfrontImage, side: int) -> UpfrontImage:
    """The request made so small that it is free, for a payer who allowed it: slow workers, area, then steps.

    Its aspect stays about the same; sides are multiples of 64, the area is at least 512×512.
    """
    width, height = _fit(image.order.width, image.order.height, side**2)
    limit = _limit(image, DEFAULT_DOWNGRADED_STEPS)
    smaller = image.with_order(width=width, height=height, slow_workers=True)
    while smaller.order.accurate_steps > limit and smaller.order.steps >= FEWEST_DOWNGRADED_STEPS:
        smaller = smaller.with_order(steps=smaller.order.steps - 1)
    return smaller


def _fit(width: int, height: int, most_pixels: int) -> tuple[int, int]:
    if width * height <= most_pixels:
        return width, height
    scale = math.sqrt(most_pixels / (width * height))
    width, height = (int(side * scale) // 64 * 64 for side in (width, height))
    while width * height > most_pixels:
        if width >= height:
            width -= 64
        else:
            height -= 64
    return (width, height) if width * height >= SMALLEST_DOWNGRADED_AREA else (512, 512)
