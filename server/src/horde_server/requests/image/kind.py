"""Images as a kind of request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.capabilities import BIT, reward_multiplier_percent
from horde_server.dispatch.concessions import Concession
from horde_server.dispatch.kind import Delivery, KindRow
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.kudos.uptime import image_uptime_hundredths
from horde_server.models.catalogue import baseline, is_inpainting, is_known
from horde_server.moderation.suspicion import FASTEST_IMAGE_SPEED
from horde_server.requests.image import lease
from horde_server.requests.image.checks import goes_together
from horde_server.requests.image.concessions import concessions
from horde_server.requests.image.order import ImageOrder, decode_order
from horde_server.requests.image.prices import charges
from horde_server.requests.image.requirement import requirement

FAST_PIXELSTEPS_PER_S: Final = 500_000.0
"""Asked of a worker by a request with `slow_workers: false` (workers.md §5.7)."""


class ImageKind:
    """Images as a `Kind`: things are pixelsteps."""

    name = "image"
    is_part = False
    owns_blobs = True
    default_speed = 1_000_000.0  # pixelsteps per second
    escrows_uptime = True
    row = KindRow(
        name=name,
        max_faults=3,
        max_dropped_per_hour=20,
        max_dropped_per_hour_in_raid=10,
        record_unit=1e6,  # pixelsteps
        is_taxed=True,
    )

    def decode(self, stored: str | bytes) -> ImageOrder:
        """From JSON."""
        return decode_order(stored)

    def requirement(self, order: ImageOrder) -> Requirement:
        """What of the order a worker must be able or allowed to do."""
        return requirement(order)

    def concessions(self, order: ImageOrder, offers: Sequence[Offer]) -> list[Concession[ImageOrder]]:
        """Additions, sampler, size, and who serves it."""
        return concessions(order, offers)

    def fits(self, order: ImageOrder) -> bool:
        """As when it is taken."""
        return goes_together(order)

    def batch_size(self, order: ImageOrder, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """What fits the worker's pixels (workers.md §6.4)."""
        return lease.batch_size(order, model, max_pixels=offer.max_pixels, amount=amount, available=available)

    def may_resume(self, order: ImageOrder) -> bool:
        """Nobody goes on with half a picture."""
        return False

    def seed(self, order: ImageOrder, waiting: int, random_below: int) -> int:
        """As asked, varied by what waits (workers.md §6.6)."""
        return lease.hand_out_seed(order, waiting, random_below)

    def ttl_s(self, order: ImageOrder, model: str, offer: Offer, *, jobs: int) -> int:
        """By steps, pixels and images (workers.md §6.7)."""
        return lease.ttl_s(order, model, images=jobs, extra_slow=offer.extra_slow)

    def speed(self, things: float, seconds: float) -> float:
        """Pixelsteps per second."""
        return things / seconds

    def fastest_speed(self, model: str) -> float:
        """The same for every model."""
        return FASTEST_IMAGE_SPEED

    def reward_hundredths(self, price_hundredths: int, order: ImageOrder, delivery: Delivery) -> int:
        """By the model's baseline."""
        return charges.reward_hundredths(price_hundredths, order, delivery.model)

    def things_done(self, order: ImageOrder, delivery: Delivery) -> float:
        """All that was asked."""
        return order.things

    def debit_hundredths(self, reward_hundredths: int, order: ImageOrder) -> int:
        """The reward and what is burnt."""
        return charges.debit_hundredths(reward_hundredths, order)

    def is_fast(self, speed: float, models: Sequence[str]) -> bool:
        """By pixelsteps per second."""
        return speed >= FAST_PIXELSTEPS_PER_S

    def things_per_s(self, speed: float) -> float:
        """Pixelsteps per second."""
        return speed

    def plain_models(self, models: Sequence[str], *, runs_flux: bool) -> frozenset[str]:
        """Neither models for inpainting, nor Flux where the software does not run it."""
        return frozenset(
            model for model in models if not is_inpainting(model) and (runs_flux or baseline(model) != "flux_1")
        )

    def reward_percent(self, abilities: Abilities) -> int:
        """Less for old software, whose owners are pushed to update."""
        return reward_multiplier_percent(
            abilities.bridge_agent, declares_capabilities=abilities.capabilities is not None
        )

    def uptime_hundredths(self, abilities: Abilities) -> int:
        """By the number of models, and LoRAs."""
        return image_uptime_hundredths(len(abilities.models), allows_loras=abilities.allow_lora)

    def knows_model(self, model: str) -> bool:
        """Whether the catalogue of image models has it."""
        return is_known(model)

    def speed_in_words(self, speed: float) -> str:
        """In megapixelsteps."""
        return f"{speed / 1e6:.1f} megapixelsteps per second"

    def shown(self, abilities: Abilities, things: float) -> dict[str, Any]:
        """What it allows, as far as its software can."""
        can = abilities.capability_mask()
        return {
            "models": list(abilities.models),
            "max_pixels": abilities.max_pixels,
            "megapixelsteps_generated": round(things / 1e6),
            "img2img": bool(abilities.allow_img2img and can & BIT["img2img"]),
            "painting": bool(abilities.allow_painting and can & BIT["inpainting"]),
            "post-processing": abilities.allow_post_processing,
            "controlnet": abilities.allow_controlnet,
            "sdxl_controlnet": abilities.allow_sdxl_controlnet,
            "lora": abilities.allow_lora,
        }
