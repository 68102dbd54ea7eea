"""From an image order to what it asks of a worker."""

from __future__ import annotations

from uuid import UUID

from horde_server.dispatch.refusal import Requirement
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.model_reference import DEFAULT_MAX_STEPS, DEFAULT_MIN_STEPS, steps_range
from horde_server.workers.capabilities import BIT, sampler_word


def requirement(order: ImageOrder) -> Requirement:
    """What the order asks of a worker; equal for orders that the same workers can serve."""
    needs = BIT[sampler_word(order.sampler_name, karras=order.karras)]
    if order.r2:
        needs |= BIT["r2"]
    if order.hires_fix:
        needs |= BIT["hires_fix"]
    if order.tiling:
        needs |= BIT["tiling"]
    if (order.clip_skip or 1) > 1:
        needs |= BIT["clip_skip"]
    steps = order.accurate_steps
    return Requirement(
        kind="image",
        models=frozenset(order.models),
        pixels=order.pixels,
        needs=needs,
        nsfw=order.nsfw,
        wants_trusted=order.trusted_workers,
        wants_fast=not order.slow_workers,
        allows_extra_slow=order.extra_slow_workers,
        heavy_for=frozenset(model for model in order.models if steps > sum(steps_range(model)) / 2),
        is_heavy_for_any=steps > (DEFAULT_MIN_STEPS + DEFAULT_MAX_STEPS) / 2,
        workers=frozenset(UUID(worker) for worker in order.workers),
        worker_blacklist=order.worker_blacklist,
    )
