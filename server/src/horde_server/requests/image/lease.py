"""How long a worker may take, how many jobs it gets at once, and with which seed (workers.md §6.4, §6.6)."""

from __future__ import annotations

from horde_server.models.catalogue import baseline
from horde_server.requests.image.order import HEAVY_POST_PROCESSORS, ImageOrder

MIN_TTL_S = 150
_SLOW_BASELINES = frozenset({"flux_1", "qwen_image", "z_image_turbo"})
_BATCH_WEIGHT = {"flux_1": 5, "qwen_image": 10, "z_image_turbo": 8}


def ttl_s(order: ImageOrder, model: str, *, images: int, extra_slow: bool) -> int:
    """Seconds until the jobs of one hand-out are overdue.

    By steps and pixels (workers.md §6.7), and scaled with the images of the batch beyond the first and with
    post-processing: a batch is one piece of work. A post-processor counts as 10 s for 512×512, a heavy one twice.
    """
    area = order.pixels / 262_144
    work_s = order.accurate_steps * 2 * area
    work_s += 10 * area * sum(2 if name in HEAVY_POST_PROCESSORS else 1 for name in order.post_processing)
    base = 30 + work_s * images
    if order.control_type is not None:
        base *= 2
    if baseline(model) in _SLOW_BASELINES:
        base *= 3
    base = max(base, MIN_TTL_S)
    return int(base * 3 if extra_slow else base)


def batch_size(order: ImageOrder, model: str, *, max_pixels: int, amount: int, available: int) -> int:
    """Jobs to hand out together: what fits the worker's pixels, asked for and waiting at least (workers.md §6.4)."""
    if order.disable_batching:
        return 1
    weight = _BATCH_WEIGHT.get(baseline(model), 1) * (1 + 0.4 * len(order.post_processing))
    if order.needs_much_memory:
        weight *= 1.8
    safe = max(1, min(round(max_pixels / 3.5 * amount / (order.pixels * weight)), amount))
    return min(safe, available)


def seed_number(text: str) -> int:
    """A request's seed as a number below 2^32: digits, or the UTF-8 bytes of other text (requests.md §2.7)."""
    number = int(text) if text.isascii() and text.isdigit() else int.from_bytes(text.encode(), "little")
    while number >= 1 << 32:
        number >>= 32
    return number


def hand_out_seed(order: ImageOrder, waiting: int, random_below: int) -> int:
    """The seed of one hand-out: as asked, varied by what waits, or `random_below` (< 2^32) (workers.md §6.6)."""
    if order.seed is None:
        return max(random_below, order.n)
    number = seed_number(order.seed)
    if order.seed_variation is not None:
        number += order.seed_variation * waiting
        while number >= 1 << 32:
            number >>= 32
    return number
