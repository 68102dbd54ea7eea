"""What embeddings cost: by the tokens read and the size of the model (embeddings.md §4)."""

from __future__ import annotations

from typing import Final

from horde_server.kudos.price import Price
from horde_server.models.catalogue import text_parameters_b
from horde_server.requests.embedding.order import EmbeddingOrder

REQUEST_TAX_HUNDREDTHS: Final = 10
UNKNOWN_MODEL_BILLIONS: Final = 0.1
"""Most models for embeddings have between 0.02 and 0.6."""
MOST_BILLIONS: Final = 8.0
"""Models that are made for embeddings are not larger; a name alone makes nothing dearer."""
_READING_SHARE: Final = 0.1
"""Of what a text of as many tokens is worth (kudos.md §3): reading, all at once, is at least ten times as fast."""
_TOKEN_BILLIONS_PER_KUDO: Final = 125


def worth_hundredths(order: EmbeddingOrder, billions: float) -> int:
    """Of all vectors, by a model of that size; at least a hundredth."""
    kudos = order.tokens * min(billions, MOST_BILLIONS) / _TOKEN_BILLIONS_PER_KUDO * _READING_SHARE
    return max(round(kudos * 100), 1)


def reward_hundredths(order: EmbeddingOrder, model: str) -> int:
    """What the job earns its worker, and costs who asked."""
    return worth_hundredths(order, billions_of(model))


def billions_of(model: str) -> float:
    """Parameters, in billions; of a name that is not known as of most models."""
    return text_parameters_b(model) or UNKNOWN_MODEL_BILLIONS


def price(order: EmbeddingOrder) -> Price:
    """The whole request, by the first model it names."""
    worth = worth_hundredths(order, billions_of(order.models[0]) if order.models else UNKNOWN_MODEL_BILLIONS)
    most = most_job_hundredths(order)
    return Price(
        jobs=order.n,
        request_hundredths=REQUEST_TAX_HUNDREDTHS,
        base_hundredths=worth,
        job_hundredths=worth,
        job_reward_hundredths=worth,
        held_hundredths=REQUEST_TAX_HUNDREDTHS + most,
        cover_hundredths=worth,
    )


def most_job_hundredths(order: EmbeddingOrder) -> int:
    """What it charges at most, by the dearest of its models, or of all."""
    sizes = [billions_of(model) for model in order.models] or [MOST_BILLIONS]
    return worth_hundredths(order, max(sizes))
