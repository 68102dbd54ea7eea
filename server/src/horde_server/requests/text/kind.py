"""Texts as a kind of request."""

from __future__ import annotations

from horde_server.dispatch.kind import Delivery
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.models.catalogue import text_parameters_b
from horde_server.moderation.suspicion import fastest_text_speed
from horde_server.requests.text import lease
from horde_server.requests.text.order import TextOrder, decode_order
from horde_server.requests.text.prices import book as prices
from horde_server.requests.text.prices import charges
from horde_server.requests.text.requirement import requirement


class TextKind:
    """A `Kind`; see there."""

    name = "text"
    is_part = False
    owns_blobs = False

    def decode(self, stored: str | bytes) -> TextOrder:
        """From JSON."""
        return decode_order(stored)

    def requirement(self, order: TextOrder) -> Requirement:
        """See requirement.py."""
        return requirement(order)

    def batch_size(self, order: TextOrder, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """As many as the worker wants (§4.5.4)."""
        return min(amount, available)

    def seed(self, order: TextOrder, waiting: int, random_below: int) -> int:
        """None is asked for: the worker chooses its own and tells it with the text."""
        return 0

    def ttl_s(self, order: TextOrder, model: str, offer: Offer, *, jobs: int) -> int:
        """By tokens and the worker's speed."""
        return lease.ttl_s(order, texts=jobs, speed=offer.speed, extra_slow=offer.extra_slow)

    def reward_hundredths(self, price_hundredths: int, order: TextOrder, delivery: Delivery) -> int:
        """By what was delivered, not by the estimate."""
        return prices.reward_hundredths(order, delivery)

    def things_done(self, order: TextOrder, delivery: Delivery) -> float:
        """Tokens delivered."""
        return float(prices.delivered_tokens(order, delivery))

    def speed(self, things: float, seconds: float) -> float:
        """Tokens per second."""
        return things / seconds

    def fastest_speed(self, model: str) -> float:
        """By the size of the model."""
        return fastest_text_speed(model, text_parameters_b(model))

    def debit_hundredths(self, reward_hundredths: int, order: TextOrder) -> int:
        """The reward and the tax."""
        return charges.debit_hundredths(reward_hundredths)
