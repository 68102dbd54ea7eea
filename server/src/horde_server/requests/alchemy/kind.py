"""Forms as a kind of request."""

from __future__ import annotations

from math import inf

from horde_server.dispatch.kind import Delivery
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.requests.alchemy.order import FormOrder, decode_order
from horde_server.requests.alchemy.prices import charges

LEASE_S = 180
"""How long an alchemist may take (§1.6)."""


class AlchemyKind:
    """A `Kind`; see there. A form's name stands where other kinds have models."""

    name = "interrogation"
    is_part = True
    owns_blobs = False

    def decode(self, stored: str | bytes) -> FormOrder:
        """From JSON."""
        return decode_order(stored)

    def requirement(self, order: FormOrder) -> Requirement:
        """Forms of one name on equally large pictures are equal to alchemists."""
        return Requirement(
            kind=self.name,
            models=frozenset((order.form,)),
            pixels=0,
            needs=0,
            permissions=0,
            nsfw=False,
            wants_trusted=order.trusted_workers,
            wants_fast=not order.slow_workers,
            allows_extra_slow=True,
            steps=0,
            paints=False,
            has_second_pass=False,
            has_qr_code=False,
            workers=frozenset(),
            worker_blacklist=False,
            tiles=order.tiles,
        )

    def batch_size(self, order: FormOrder, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """There is only one."""
        return 1

    def seed(self, order: FormOrder, waiting: int, random_below: int) -> int:
        """Forms have none."""
        return 0

    def ttl_s(self, order: FormOrder, model: str, offer: Offer, *, jobs: int) -> int:
        """The same for every form."""
        return LEASE_S

    def speed(self, things: float, seconds: float) -> float:
        """Seconds a form: the smaller the faster."""
        return seconds

    def fastest_speed(self, model: str) -> float:
        """Nobody is too fast."""
        return inf

    def reward_hundredths(self, price_hundredths: int, order: FormOrder, delivery: Delivery) -> int:
        """As priced."""
        return price_hundredths

    def things_done(self, order: FormOrder, delivery: Delivery) -> float:
        """Forms are counted, not measured: they add nothing to usage and contribution (§1.3)."""
        return 0.0

    def debit_hundredths(self, reward_hundredths: int, order: FormOrder) -> int:
        """The reward and what is burnt."""
        return charges.debit_hundredths(reward_hundredths, slow_workers=order.slow_workers)
