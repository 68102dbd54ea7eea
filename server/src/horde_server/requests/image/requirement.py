"""From an image order to what it asks of a worker (workers.md §5)."""

from __future__ import annotations

from uuid import UUID

from horde_server.dispatch.capabilities import BIT, mask, sampler_word
from horde_server.dispatch.refusal import Permission, Requirement
from horde_server.models.catalogue import steps_range
from horde_server.requests.image.order import ImageOrder


def requirement(order: ImageOrder) -> Requirement:
    """What the order asks of a worker; equal for orders that the same workers can serve."""
    steps = order.accurate_steps
    # most requests have few steps: no need to tell them apart by the number
    is_light = bool(order.models) and all(steps <= sum(steps_range(model)) / 2 for model in order.models)
    return Requirement(
        kind="image",
        models=frozenset(order.models),
        pixels=order.pixels,
        needs=_capabilities(order),
        permissions=_permissions(order),
        nsfw=order.nsfw,
        wants_trusted=order.trusted_workers,
        wants_fast=not order.slow_workers,
        allows_extra_slow=order.extra_slow_workers,
        steps=0 if is_light else steps,
        paints=order.paints,
        has_second_pass=order.hires_fix,
        has_qr_code=order.workflow == "qr_code",
        workers=frozenset(UUID(worker) for worker in order.workers),
        worker_blacklist=order.worker_blacklist,
        preferred=frozenset(order.preferred_models),
    )


def _capabilities(order: ImageOrder) -> int:
    """Bits that the worker's software must have (workers.md §5.11)."""
    wanted = {
        "r2": order.r2,
        "hires_fix": order.hires_fix,
        "tiling": order.tiling,
        "clip_skip": (order.clip_skip or 1) > 1,
        "img2img": order.has_source_image,
        "inpainting": order.paints,
        "extra_source_images": order.sources is not None and bool(order.sources.extra),
        "lora": bool(order.loras),
        "lora_versions": any(lora.is_version for lora in order.loras),
        "textual_inversion": bool(order.tis),
        "controlnet": order.control_type is not None or order.workflow == "qr_code",
        "image_is_control": order.control_type is not None,
        "return_control_map": order.return_control_map,
        "qr_code": order.workflow == "qr_code",
        "layer_diffuse": order.transparent,
        "post-processing": bool(order.post_processing),
    }
    words = [word for word, is_wanted in wanted.items() if is_wanted]
    return BIT[sampler_word(order.sampler_name, karras=order.karras)] | mask((*words, *order.post_processing))


def _permissions(order: ImageOrder) -> int:
    """What the worker's owner must allow."""
    wanted = {
        Permission.IMG2IMG: order.has_source_image,
        Permission.PAINTING: order.paints,
        Permission.LORA: bool(order.loras),
        Permission.POST_PROCESSING: bool(order.post_processing),
        Permission.CONTROLNET: order.control_type is not None,
        Permission.TRANSPARENCY: order.transparent,
    }
    return sum(permission for permission, is_wanted in wanted.items() if is_wanted)
