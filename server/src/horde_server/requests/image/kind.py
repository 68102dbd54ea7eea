"""Images as a kind of request."""

from __future__ import annotations

from horde_server.dispatch.kind import Delivery
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.moderation.suspicion import FASTEST_IMAGE_SPEED
from horde_server.requests.image import lease
from horde_server.requests.image.order import ImageOrder, decode_order
from horde_server.requests.image.prices.book import PriceBook
from horde_server.requests.image.requirement import requirement


class ImageKind:
    """A `Kind`; see there."""

    name = "image"
    is_part = False
    owns_blobs = True

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices

    def decode(self, stored: str | bytes) -> ImageOrder:
        """From JSON."""
        return decode_order(stored)

    def requirement(self, order: ImageOrder) -> Requirement:
        """See requirement.py."""
        return requirement(order)

    def batch_size(self, order: ImageOrder, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """What fits the worker's pixels (§3.5.3)."""
        return lease.batch_size(order, model, max_pixels=offer.max_pixels, amount=amount, available=available)

    def seed(self, order: ImageOrder, waiting: int, random_below: int) -> int:
        """As asked, varied by what waits (§3.6)."""
        return lease.hand_out_seed(order, waiting, random_below)

    def ttl_s(self, order: ImageOrder, model: str, offer: Offer, *, jobs: int) -> int:
        """By steps, pixels and images (§3.6.1)."""
        return lease.ttl_s(order, model, images=jobs, extra_slow=offer.extra_slow)

    def speed(self, things: float, seconds: float) -> float:
        """Pixelsteps per second."""
        return things / seconds

    def fastest_speed(self, model: str) -> float:
        """The same for every model."""
        return FASTEST_IMAGE_SPEED

    def reward_hundredths(self, price_hundredths: int, order: ImageOrder, delivery: Delivery) -> int:
        """By the model's baseline."""
        return self._prices.reward_hundredths(price_hundredths, order, delivery.model)

    def things_done(self, order: ImageOrder, delivery: Delivery) -> float:
        """All that was asked."""
        return order.things

    def debit_hundredths(self, reward_hundredths: int, order: ImageOrder) -> int:
        """The reward and what is burnt."""
        return self._prices.debit_hundredths(reward_hundredths, order)
