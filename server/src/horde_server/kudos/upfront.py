"""Which requests need kudos in hand (generation.md §2.7, kudos.md §6)."""

from __future__ import annotations

from horde_server.requests.image.order import ImageOrder
from horde_server.requests.model_reference import DEFAULT_MAX_STEPS, baseline, steps_range
from horde_server.settings import Profile

_LARGE_BASELINES = frozenset({"stable_diffusion_xl", "stable_cascade", "flux_1"})
_SD2_BASELINES = frozenset({"stable diffusion 2", "stable diffusion 2 512"})


def max_resolution(order: ImageOrder, *, image_threads: int, queued_jobs: int) -> int:
    """Side of the largest square that is free of upfront kudos right now."""
    side = max(1024 + 10 * image_threads - round(0.9 * queued_jobs), 576)
    baselines = {baseline(model) for model in order.models}
    if side < 768 and baselines & _SD2_BASELINES:
        side = 768
    if side < 1024 and baselines & _LARGE_BASELINES:
        side = 1024
    return min(side, 1024)


def needs_upfront_kudos(
    order: ImageOrder, *, image_threads: int, queued_jobs: int, profile: Profile, upfront_on_worker_list: bool
) -> bool:
    """Whether the request is only taken from a payer who can cover it; never in a household."""
    if profile is Profile.HOUSEHOLD:
        return False
    if not order.slow_workers:
        return True
    steps = order.accurate_steps
    if order.uses_lcm and steps > 10:
        return True
    if steps > min((steps_range(model)[1] for model in order.models), default=DEFAULT_MAX_STEPS):
        return True
    if order.pixels > max_resolution(order, image_threads=image_threads, queued_jobs=queued_jobs) ** 2:
        return True
    return upfront_on_worker_list and bool(order.workers)
