"""From a valid body to the normalised order, with every effective default applied (requests.md §1–2)."""

from __future__ import annotations

from uuid import UUID

from horde_server.requests.image.order import ExtraText, ImageOrder, Lora, TextualInversion
from horde_server.requests.image.schemas import ImageRequest
from horde_server.requests.image.validation import control_type, has_workflow
from horde_server.requests.pictures.source_images import ExtraSource, SourceImages, extra_key, image_key, mask_key

TARGETED_WORKERS_KEPT = 5
_CONTROL_STEPS = 20
_MAX_CONTROL_STEPS = 40


def make_order(request_id: UUID, body: ImageRequest, *, education: bool, can_share: bool) -> ImageOrder:
    """The normalised order. Education accounts get safe pictures from trusted workers only (workers.md §7.9).

    Its source images are named, not stored yet. Shared is what nobody's picture went into, where this horde shares
    (`can_share`); never what pupils ask for (storage.md §5.2).
    """
    params = body.params
    sources = _planned_sources(request_id, body)
    given = params.model_fields_set
    return ImageOrder(
        prompt=body.prompt,
        models=tuple(dict.fromkeys(body.models)),
        width=params.width,
        height=params.height,
        steps=_steps(body),
        cfg_scale=params.cfg_scale,
        sampler_name=params.sampler_name,
        karras=params.karras,
        hires_fix=params.hires_fix,
        tiling=params.tiling,
        clip_skip=params.clip_skip if "clip_skip" in given else None,
        denoising_strength=params.denoising_strength if "denoising_strength" in given else None,
        hires_fix_denoising_strength=(
            params.hires_fix_denoising_strength if "hires_fix_denoising_strength" in given else None
        ),
        seed=params.seed or None,
        seed_variation=params.seed_variation if "seed_variation" in given else None,
        n=params.n,
        nsfw=body.nsfw and not education,
        censor_nsfw=body.censor_nsfw or education,
        trusted_workers=body.trusted_workers or education,
        slow_workers=body.slow_workers,
        extra_slow_workers=body.extra_slow_workers,
        workers=tuple(body.workers[:TARGETED_WORKERS_KEPT]),
        worker_blacklist=body.worker_blacklist,
        r2=body.r2,
        shared=body.shared and can_share and sources is None and not education,
        disable_batching=body.disable_batching or has_workflow(params),
        sources=sources,
        source_processing=body.source_processing,
        control_type=control_type(params),
        image_is_control=params.image_is_control,
        return_control_map=params.return_control_map,
        post_processing=tuple(params.post_processing),
        facefixer_strength=params.facefixer_strength if "facefixer_strength" in given else None,
        loras=tuple(Lora(**lora.model_dump(exclude_unset=True)) for lora in params.loras),
        tis=tuple(TextualInversion(**ti.model_dump(exclude_unset=True)) for ti in params.tis),
        transparent=params.transparent,
        workflow=params.workflow if has_workflow(params) else None,
        extra_texts=tuple(ExtraText(text.reference, text.text) for text in params.extra_texts),
        special=params.special or None,
        proxied_account=body.proxied_account or None,
    )


def _steps(body: ImageRequest) -> int:
    """ControlNets are made with 20 steps unless others are asked for, and with 40 at most (requests.md §2.6)."""
    params = body.params
    if control_type(params) is None:
        return params.steps
    return min(params.steps, _MAX_CONTROL_STEPS) if "steps" in params.model_fields_set else _CONTROL_STEPS


def _planned_sources(request_id: UUID, body: ImageRequest) -> SourceImages | None:
    """Where the pictures of the request will be kept; a mask counts only with an image (requests.md §5.1)."""
    if not body.source_image and not body.extra_source_images:
        return None
    return SourceImages(
        image=image_key(request_id) if body.source_image else None,
        mask=mask_key(request_id) if body.source_image and body.source_mask else None,
        extra=tuple(
            ExtraSource(extra_key(request_id, index), extra.strength)
            for index, extra in enumerate(body.extra_source_images)
        ),
    )
