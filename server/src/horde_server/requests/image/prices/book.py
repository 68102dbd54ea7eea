"""Prices of image orders: the conversion from an order to what prices depend on, and the charges of it."""

from __future__ import annotations

from horde_server.kudos.price import Price
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.prices import charges
from horde_server.requests.image.prices.charges import PricedImageRequest
from horde_server.requests.image.prices.formula import PricedImage


def priced(order: ImageOrder) -> PricedImageRequest:
    """The part of an order that its price depends on."""
    return PricedImageRequest(
        image=PricedImage(
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
        ),
        n=order.n,
        models=order.models,
        slow_workers=order.slow_workers,
        workers=order.workers,
        worker_blacklist=order.worker_blacklist,
        workflow=order.workflow,
        extra_source_images=len(order.sources.extra) if order.sources is not None else 0,
    )


class PriceBook:
    """Prices of image requests in hundredths of kudos, each figure rounded once."""

    def __init__(self, *, matched_targeting: bool = False) -> None:
        self._matched_targeting = matched_targeting

    def price(self, order: ImageOrder) -> Price:
        """The whole request, as dry runs report it and holds reserve it."""
        return charges.price(priced(order), matched_targeting=self._matched_targeting)

    def base_hundredths(self, order: ImageOrder) -> int:
        """One image, before the model's multiplier and taxes: `kudos` of the 202 answer."""
        return charges.base_hundredths(priced(order), matched_targeting=self._matched_targeting)

    def reward_hundredths(self, base_hundredths: int, order: ImageOrder, model: str) -> int:
        """What a worker is offered for one image made with `model` (kudos.md §2.2)."""
        return charges.reward_hundredths(base_hundredths, priced(order), model)

    def debit_hundredths(self, reward_hundredths: int, order: ImageOrder) -> int:
        """What the requester pays for one delivered image (kudos.md §2.3)."""
        return charges.debit_hundredths(reward_hundredths, priced(order))

    def estimate_hundredths(self, order: ImageOrder) -> int:
        """The whole request when all its images are delivered (kudos.md §2.6)."""
        return self.price(order).total_hundredths
