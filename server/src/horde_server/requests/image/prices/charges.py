"""From the base price of an image to what is charged for it: model, source image, taxes (kudos.md §2.2, §2.6)."""

from __future__ import annotations

from horde_server.kudos.price import JOB_TAX_HUNDREDTHS, Price
from horde_server.models.catalogue import DEAREST_MULTIPLIER, price_multiplier
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.prices.formula import PricedImage, image_kudos

REQUEST_TAX_HUNDREDTHS = 300
EXTRA_SOURCE_IMAGE_HUNDREDTHS = 500
MATCHED_TARGETING_HUNDREDTHS = 10
"""The flat base price of a request for workers that know the requester, where a horde serves no others."""
FREE_POST_PROCESSORS = frozenset({"GFPGAN", "GFPGANv1.3", "CodeFormers", "RestoreFormer", "strip_background"})
"""They cost the requester nothing on top of the worker's reward; each of the others, the upscalers, 5 %."""
_ANY_MODEL_MULTIPLIER = 2  # a request for any model is estimated as SDXL


def priced_image(order: ImageOrder) -> PricedImage:
    """What the price of one image depends on."""
    return PricedImage(
        width=order.width,
        height=order.height,
        steps=order.steps,
        sampler_name=order.sampler_name,
        cfg_scale=order.cfg_scale,
        karras=order.karras,
        hires_fix=order.hires_fix,
        source_processing=order.source_processing if order.has_source_image else None,
        strength=1.0 if order.denoising_strength is None else order.denoising_strength,
        control_type=order.control_type,
        post_processing=order.post_processing,
        loras=len(order.loras),
        has_textual_inversions=bool(order.tis),
    )


def base_hundredths(order: ImageOrder, *, matched_targeting: bool = False) -> int:
    """One image, before the model's multiplier and taxes (kudos.md §2.1), rounded half-even: `kudos` of the 202 answer.

    `matched_targeting`: workers of this horde serve only who names them, or nobody in particular.
    """
    if matched_targeting and order.workers and not order.worker_blacklist:
        return MATCHED_TARGETING_HUNDREDTHS
    return round(image_kudos(priced_image(order)) * 100)


def reward_hundredths(base: int, order: ImageOrder, model: str | None) -> int:
    """What a worker is offered for one image made with `model` (kudos.md §2.2); None: whichever."""
    multiplier = _ANY_MODEL_MULTIPLIER if model is None else price_multiplier(model)
    if multiplier == 4 and order.hires_fix:  # Stable Cascade makes a second pass
        multiplier = 7
    elif multiplier == 2 and order.workflow == "qr_code":
        multiplier = 4
    return base * multiplier


def debit_hundredths(reward: int, order: ImageOrder) -> int:
    """What the requester pays for a delivered image (kudos.md §2.3), rounded half-even; all but the reward is burnt."""
    debit = float(reward)
    if order.has_source_image:
        debit *= 1.3
    for name in order.post_processing:
        if name not in FREE_POST_PROCESSORS:
            debit *= 1.05
    debit += JOB_TAX_HUNDREDTHS
    if not order.slow_workers:
        debit *= 1.2
    if order.worker_blacklist:
        debit *= 1.1
    return round(debit)


def most_job_hundredths(base: int, order: ImageOrder) -> int:
    """What the requester pays at most for one image, by the dearest of the models it names, or of all."""
    if not order.models:
        return debit_hundredths(base * DEAREST_MULTIPLIER, order)
    return max(debit_hundredths(reward_hundredths(base, order, model), order) for model in order.models)


def price(order: ImageOrder, *, matched_targeting: bool = False) -> Price:
    """The whole request, by the first model it names: what a dry run tells and a hold reserves."""
    base = base_hundredths(order, matched_targeting=matched_targeting)
    reward = reward_hundredths(base, order, order.models[0] if order.models else None)
    job = debit_hundredths(reward, order)
    extra_source_images = len(order.sources.extra) if order.sources is not None else 0
    tax = REQUEST_TAX_HUNDREDTHS + EXTRA_SOURCE_IMAGE_HUNDREDTHS * extra_source_images
    return Price(
        jobs=order.n,
        request_hundredths=tax,
        base_hundredths=base,
        job_hundredths=job,
        job_reward_hundredths=reward,
        held_hundredths=tax + order.n * job,
        cover_hundredths=base,
    )
