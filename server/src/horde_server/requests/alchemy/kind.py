"""Forms as a kind of request."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.concessions import Concession
from horde_server.dispatch.kind import Delivery, KindRow
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.kudos.uptime import ALCHEMY_UPTIME_HUNDREDTHS
from horde_server.requests.alchemy.concessions import concessions
from horde_server.requests.alchemy.lease import LEASE_S
from horde_server.requests.alchemy.order import FormOrder, decode_order
from horde_server.requests.alchemy.prices import charges
from horde_server.requests.alchemy.requirement import requirement

SLOW_FORM_S = 10.0
"""Seconds a form from which on an alchemist gets only requests with `slow_workers` (alchemy.md §6.3)."""
FASTEST_FORM_S = 0.001


class AlchemyKind:
    """Forms as a `Kind`; they are counted, not measured. A form's name stands where other kinds have models."""

    name = "interrogation"
    is_part = True
    owns_blobs = False
    default_speed = 1.0  # seconds a form
    escrows_uptime = False
    row = KindRow(
        name=name,
        max_faults=4,
        max_dropped_per_hour=100,
        max_dropped_per_hour_in_raid=100,
        record_unit=1.0,
        is_taxed=False,
    )

    def decode(self, stored: str | bytes) -> FormOrder:
        """From JSON."""
        return decode_order(stored)

    def requirement(self, order: FormOrder) -> Requirement:
        """Forms of one name on equally large pictures are equal to alchemists."""
        return requirement(order)

    def concessions(self, order: FormOrder, offers: Sequence[Offer]) -> list[Concession[FormOrder]]:
        """A smaller picture, and who serves it."""
        return concessions(order, offers)

    def fits(self, order: FormOrder) -> bool:
        """Always."""
        return True

    def batch_size(self, order: FormOrder, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """There is only one."""
        return 1

    def may_resume(self, order: FormOrder) -> bool:
        """Nobody goes on with half a form."""
        return False

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
        """Forms are counted, not measured: they add nothing to usage and contribution (alchemy.md §3.1)."""
        return 0.0

    def debit_hundredths(self, reward_hundredths: int, order: FormOrder) -> int:
        """The reward and what is burnt."""
        return charges.debit_hundredths(reward_hundredths, slow_workers=order.slow_workers)

    def is_fast(self, speed: float, models: Sequence[str]) -> bool:
        """By seconds a form."""
        return speed < SLOW_FORM_S

    def things_per_s(self, speed: float) -> float:
        """Forms per second."""
        return 1 / max(speed, FASTEST_FORM_S)

    def plain_models(self, models: Sequence[str], *, runs_flux: bool) -> frozenset[str]:
        """All forms."""
        return frozenset(models)

    def reward_percent(self, abilities: Abilities) -> int:
        """The same for all software."""
        return 100

    def uptime_hundredths(self, abilities: Abilities) -> int:
        """The same for all alchemists."""
        return ALCHEMY_UPTIME_HUNDREDTHS

    def knows_model(self, model: str) -> bool:
        """Forms are no models."""
        return False

    def speed_in_words(self, speed: float) -> str:
        """In seconds."""
        return f"{speed:.1f} seconds per form"

    def shown(self, abilities: Abilities, things: float) -> dict[str, Any]:
        """Who offers nothing is shown with what every alchemist can do, as the original does; it gets nothing."""
        return {"forms": list(abilities.models) or ["caption"]}
