"""From the base price of an image to what is charged for it: model, source image, taxes (kudos.md §2.2, §2.6)."""

from __future__ import annotations

from dataclasses import dataclass

from horde_server.kudos.price import JOB_TAX_HUNDREDTHS, Price
from horde_server.models.catalogue import price_multiplier
from horde_server.requests.image.prices.formula import PricedImage, image_kudos

REQUEST_TAX_HUNDREDTHS = 300
EXTRA_SOURCE_IMAGE_HUNDREDTHS = 500
MATCHED_TARGETING_HUNDREDTHS = 10
"""The flat base price of a request for workers that know the requester, where a horde serves no others."""
FREE_POST_PROCESSORS = frozenset({"GFPGAN", "GFPGANv1.3", "CodeFormers", "RestoreFormer", "strip_background"})
"""They cost the requester nothing on top of the worker's reward; each of the others, the upscalers, 5 %."""
_ANY_MODEL_MULTIPLIER = 2  # a request for any model is estimated as SDXL


@dataclass(frozen=True, slots=True)
class PricedImageRequest:
    """What the charges of an image request depend on."""

    image: PricedImage
    n: int = 1
    models: tuple[str, ...] = ()  # empty: any model
    slow_workers: bool = True
    workers: tuple[str, ...] = ()
    worker_blacklist: bool = False
    workflow: str | None = None
    extra_source_images: int = 0


def base_hundredths(request: PricedImageRequest, *, matched_targeting: bool = False) -> int:
    """One image, before the model's multiplier and taxes (kudos.md §2.1), rounded half-even."""
    if matched_targeting and request.workers and not request.worker_blacklist:
        return MATCHED_TARGETING_HUNDREDTHS
    return round(image_kudos(request.image) * 100)


def reward_hundredths(base: int, request: PricedImageRequest, model: str | None) -> int:
    """What a worker is offered for one image made with `model` (kudos.md §2.2); None: whichever."""
    multiplier = _ANY_MODEL_MULTIPLIER if model is None else price_multiplier(model)
    if multiplier == 4 and request.image.hires_fix:  # Stable Cascade makes a second pass
        multiplier = 7
    elif multiplier == 2 and request.workflow == "qr_code":
        multiplier = 4
    return base * multiplier


def debit_hundredths(reward: int, request: PricedImageRequest) -> int:
    """What the requester pays for a delivered image (kudos.md §2.3), rounded half-even; all but the reward is burnt."""
    image = request.image
    debit = float(reward)
    if image.source_processing is not None:
        debit *= 1.3
    for name in image.post_processing:
        if name not in FREE_POST_PROCESSORS:
            debit *= 1.05
    debit += JOB_TAX_HUNDREDTHS
    if not request.slow_workers:
        debit *= 1.2
    if request.worker_blacklist:
        debit *= 1.1
    return round(debit)


def price(request: PricedImageRequest, *, matched_targeting: bool = False) -> Price:
    """The whole request, by the first model it names."""
    base = base_hundredths(request, matched_targeting=matched_targeting)
    reward = reward_hundredths(base, request, request.models[0] if request.models else None)
    job = debit_hundredths(reward, request)
    tax = REQUEST_TAX_HUNDREDTHS + EXTRA_SOURCE_IMAGE_HUNDREDTHS * request.extra_source_images
    return Price(
        jobs=request.n,
        request_hundredths=tax,
        job_hundredths=job,
        job_reward_hundredths=reward,
        held_hundredths=tax + request.n * job,
    )
