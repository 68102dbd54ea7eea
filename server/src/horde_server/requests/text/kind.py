"""Texts as a kind of request."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.capabilities import validated_backend_bit
from horde_server.dispatch.concessions import Concession
from horde_server.dispatch.kind import Delivery, KindRow
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.kudos.uptime import text_uptime_hundredths
from horde_server.models.catalogue import text_parameters_b
from horde_server.moderation.suspicion import fastest_text_speed
from horde_server.requests.text import lease
from horde_server.requests.text.concessions import concessions
from horde_server.requests.text.order import TextOrder, decode_order
from horde_server.requests.text.prices import charges
from horde_server.requests.text.requirement import requirement


class TextKind:
    """Texts as a `Kind`: things are tokens."""

    name = "text"
    is_part = False
    owns_blobs = False
    default_speed = 1.0  # tokens per second
    escrows_uptime = True
    row = KindRow(
        name=name,
        max_faults=3,
        max_dropped_per_hour=20,
        max_dropped_per_hour_in_raid=10,
        record_unit=1.0,  # tokens
        is_taxed=True,
    )

    def decode(self, stored: str | bytes) -> TextOrder:
        """From JSON."""
        return decode_order(stored)

    def requirement(self, order: TextOrder) -> Requirement:
        """What of the order a worker must be able or allowed to do."""
        return requirement(order)

    def concessions(self, order: TextOrder, offers: Sequence[Offer]) -> list[Concession[TextOrder]]:
        """Lengths, and who serves it."""
        return concessions(order, offers)

    def fits(self, order: TextOrder) -> bool:
        """A text is never longer than its context."""
        return order.max_context_length >= order.max_length

    def batch_size(self, order: TextOrder, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """As many as the worker wants (workers.md §6.4)."""
        return min(amount, available)

    def may_resume(self, order: TextOrder) -> bool:
        """Any plain text; nobody finishes JSON that another began."""
        return order.chat is None or not (order.chat.json_object or order.chat.json_schema is not None)

    def seed(self, order: TextOrder, waiting: int, random_below: int) -> int:
        """None is asked for: the worker chooses its own and tells it with the text."""
        return 0

    def ttl_s(self, order: TextOrder, model: str, offer: Offer, *, jobs: int) -> int:
        """By tokens and the worker's speed."""
        return lease.ttl_s(order, texts=jobs, speed=offer.speed, extra_slow=offer.extra_slow)

    def reward_hundredths(self, price_hundredths: int, order: TextOrder, delivery: Delivery) -> int:
        """By what was delivered, not by the estimate."""
        return charges.PRICES.reward_hundredths(
            order,
            delivery.model,
            prompt_characters=len(order.prompt),
            generation_characters=delivery.characters,
            owner_trusted=delivery.owner_trusted,
            backend_validated=delivery.backend_validated,
        )

    def things_done(self, order: TextOrder, delivery: Delivery) -> float:
        """Tokens delivered."""
        return float(charges.counted_tokens(delivery.characters, order.max_length))

    def speed(self, things: float, seconds: float) -> float:
        """Tokens per second."""
        return things / seconds

    def fastest_speed(self, model: str) -> float:
        """By the size of the model."""
        return fastest_text_speed(model, text_parameters_b(model))

    def debit_hundredths(self, reward_hundredths: int, order: TextOrder) -> int:
        """The reward and the tax."""
        return charges.debit_hundredths(reward_hundredths)

    def is_fast(self, speed: float, models: Sequence[str]) -> bool:
        """By tokens per second and the size of the first model it offers (workers.md §5.7)."""
        billions = (text_parameters_b(models[0]) or 1.0) if models else math.inf
        return speed >= (3.0 if billions >= 20 else 4.0 if billions >= 13 else 5.0)

    def things_per_s(self, speed: float) -> float:
        """Tokens per second."""
        return speed

    def plain_models(self, models: Sequence[str], *, runs_flux: bool) -> frozenset[str]:
        """All."""
        return frozenset(models)

    def reward_percent(self, abilities: Abilities) -> int:
        """The same for all software; prices know trusted backends."""
        return 100

    def uptime_hundredths(self, abilities: Abilities) -> int:
        """By the context offered and the size of the first model."""
        return text_uptime_hundredths(
            max(abilities.max_context_length, 0),
            parameters_billions=text_parameters_b(abilities.models[0]),
            is_validated_backend=validated_backend_bit(abilities.bridge_agent) != 0,
        )

    def knows_model(self, model: str) -> bool:
        """Whether its size is known."""
        return text_parameters_b(model) is not None

    def speed_in_words(self, speed: float) -> str:
        """In tokens."""
        return f"{speed:.1f} tokens per second"

    def shown(self, abilities: Abilities, things: float) -> dict[str, Any]:
        """Its lengths, in tokens."""
        return {
            "models": list(abilities.models),
            "max_length": abilities.max_length,
            "max_context_length": abilities.max_context_length,
            "tokens_generated": round(things),
        }
