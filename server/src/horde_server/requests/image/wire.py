"""From the API's body to an order, with every effective default applied (requests.md §1–2)."""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.requests.asked import NO_PICTURES, Asked, GivenPictures
from horde_server.requests.image.order import ExtraText, ImageOrder, Lora, TextualInversion
from horde_server.requests.image.schemas import GenerationParams, ImageRequest
from horde_server.webhooks.hook import Hook

_CONTROL_STEPS = 20
_MAX_CONTROL_STEPS = 40


def asked(body: ImageRequest, links_base: str = "") -> Asked[ImageOrder]:
    """What the body asks for, but for its style. `links_base`: what links in webhooks begin with."""
    return Asked(
        order=_order(body),
        pictures=_pictures(body),
        webhook=Hook(body.webhook, links_base) if body.webhook else None,
        may_rewrite=body.replacement_filter,
        may_shrink=body.allow_downgrade,
    )


def with_params(order: ImageOrder, params: bytes) -> ImageOrder:
    """The order with these parameters, as JSON in the API's words, instead of all of its own.

    Raises `pydantic.ValidationError`.
    """
    return msgspec.structs.replace(order, **_params(GenerationParams.model_validate_json(params)))


def _order(body: ImageRequest) -> ImageOrder:
    return ImageOrder(
        prompt=body.prompt,
        models=tuple(body.models),
        nsfw=body.nsfw,
        censor_nsfw=body.censor_nsfw,
        trusted_workers=body.trusted_workers,
        slow_workers=body.slow_workers,
        extra_slow_workers=body.extra_slow_workers,
        workers=tuple(body.workers),
        worker_blacklist=body.worker_blacklist,
        r2=body.r2,
        shared=body.shared,
        disable_batching=body.disable_batching,
        source_processing=body.source_processing,
        proxied_account=body.proxied_account or None,
        **_params(body.params),
    )


def _params(params: GenerationParams) -> dict[str, Any]:
    """Of an order, what stands in `params`."""
    given = params.model_fields_set
    return {
        "width": params.width,
        "height": params.height,
        "steps": _steps(params),
        "cfg_scale": params.cfg_scale,
        "sampler_name": params.sampler_name,
        "karras": params.karras,
        "hires_fix": params.hires_fix,
        "tiling": params.tiling,
        "clip_skip": params.clip_skip if "clip_skip" in given else None,
        "denoising_strength": params.denoising_strength if "denoising_strength" in given else None,
        "hires_fix_denoising_strength": (
            params.hires_fix_denoising_strength if "hires_fix_denoising_strength" in given else None
        ),
        "seed": params.seed or None,
        "seed_variation": params.seed_variation if "seed_variation" in given else None,
        "n": params.n,
        "control_type": _control_type(params),
        "image_is_control": params.image_is_control,
        "return_control_map": params.return_control_map,
        "post_processing": tuple(params.post_processing),
        "facefixer_strength": params.facefixer_strength if "facefixer_strength" in given else None,
        "loras": tuple(Lora(**lora.model_dump(exclude_unset=True)) for lora in params.loras),
        "tis": tuple(TextualInversion(**ti.model_dump(exclude_unset=True)) for ti in params.tis),
        "transparent": params.transparent,
        "workflow": params.workflow if "workflow" in given else None,
        "extra_texts": tuple(ExtraText(text.reference, text.text) for text in params.extra_texts),
        "special": params.special or None,
    }


def _pictures(body: ImageRequest) -> GivenPictures:
    if not (body.source_image or body.source_mask or body.extra_source_images):
        return NO_PICTURES
    return GivenPictures(
        image=body.source_image,
        mask=body.source_mask,
        extra=tuple((extra.image, extra.strength) for extra in body.extra_source_images),
    )


def _control_type(params: GenerationParams) -> str | None:
    """The ControlNet asked for, if any: the schema's default asks for none."""
    return params.control_type if "control_type" in params.model_fields_set else None


def _steps(params: GenerationParams) -> int:
    """ControlNets are made with 20 steps unless others are asked for, and with 40 at most (requests.md §2.6)."""
    if _control_type(params) is None:
        return params.steps
    return min(params.steps, _MAX_CONTROL_STEPS) if "steps" in params.model_fields_set else _CONTROL_STEPS
