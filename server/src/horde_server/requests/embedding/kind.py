"""Embeddings as a kind of request."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.concessions import Concession
from horde_server.dispatch.kind import Delivery, KindRow
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.kudos.uptime import EMBEDDING_UPTIME_HUNDREDTHS
from horde_server.models.catalogue import text_parameters_b
from horde_server.requests.conceding import service_concessions
from horde_server.requests.embedding import prices
from horde_server.requests.embedding.lease import ttl_s
from horde_server.requests.embedding.order import EmbeddingOrder, decode_order
from horde_server.requests.embedding.requirement import requirement

FAST_TOKENS_PER_S = 500.0
"""Asked of a worker by a request with `slow_workers: false`."""


class EmbeddingKind:
    """Embeddings as a `Kind`: things are tokens that were read."""

    name = "embedding"
    is_part = False
    owns_blobs = False
    default_speed = 500.0  # tokens per second
    escrows_uptime = True
    row = KindRow(
        name=name,
        max_faults=3,
        max_dropped_per_hour=20,
        max_dropped_per_hour_in_raid=10,
        record_unit=1.0,  # tokens
        is_taxed=True,
    )

    def decode(self, stored: str | bytes) -> EmbeddingOrder:
        """From JSON."""
        return decode_order(stored)

    def requirement(self, order: EmbeddingOrder) -> Requirement:
        """A model, and the length of the longest text."""
        return requirement(order)

    def concessions(self, order: EmbeddingOrder, offers: Sequence[Offer]) -> list[Concession[EmbeddingOrder]]:
        """Who may serve it and with which model; the texts are as long as they are."""
        return service_concessions(order, offers, of_models=())

    def fits(self, order: EmbeddingOrder) -> bool:
        """Nothing of it depends on anything else."""
        return True

    def may_resume(self, order: EmbeddingOrder) -> bool:
        """Nothing is shown before all is there."""
        return False

    def batch_size(self, order: EmbeddingOrder, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """There is only one."""
        return 1

    def seed(self, order: EmbeddingOrder, waiting: int, random_below: int) -> int:
        """There is none: the same text has the same vector."""
        return 0

    def ttl_s(self, order: EmbeddingOrder, model: str, offer: Offer, *, jobs: int) -> int:
        """By tokens and the worker's speed."""
        return ttl_s(order, speed=offer.speed, extra_slow=offer.extra_slow)

    def speed(self, things: float, seconds: float) -> float:
        """Tokens per second."""
        return things / seconds

    def fastest_speed(self, model: str) -> float:
        """Nobody is too fast: a large machine reads a hundred thousand tokens a second."""
        return inf

    def reward_hundredths(self, price_hundredths: int, order: EmbeddingOrder, delivery: Delivery) -> int:
        """By the tokens and the model that was used."""
        return prices.reward_hundredths(order, delivery.model)

    def things_done(self, order: EmbeddingOrder, delivery: Delivery) -> float:
        """All that was asked."""
        return order.things

    def debit_hundredths(self, reward_hundredths: int, order: EmbeddingOrder) -> int:
        """The reward; what is burnt was when it came."""
        return reward_hundredths

    def is_fast(self, speed: float, models: Sequence[str]) -> bool:
        """By tokens per second."""
        return speed >= FAST_TOKENS_PER_S

    def things_per_s(self, speed: float) -> float:
        """Tokens per second."""
        return speed

    def plain_models(self, models: Sequence[str], *, runs_flux: bool) -> frozenset[str]:
        """All."""
        return frozenset(models)

    def reward_percent(self, abilities: Abilities) -> int:
        """The same for all software."""
        return 100

    def uptime_hundredths(self, abilities: Abilities) -> int:
        """The same for all."""
        return EMBEDDING_UPTIME_HUNDREDTHS

    def knows_model(self, model: str) -> bool:
        """Whether its size is known."""
        return text_parameters_b(model) is not None

    def speed_in_words(self, speed: float) -> str:
        """In tokens."""
        return f"{speed:.0f} tokens per second"

    def shown(self, abilities: Abilities, things: float) -> dict[str, Any]:
        """The longest text it takes, and what it has read, in tokens."""
        return {
            "models": list(abilities.models),
            "max_context_length": abilities.max_context_length,
            "tokens_generated": round(things),
        }
