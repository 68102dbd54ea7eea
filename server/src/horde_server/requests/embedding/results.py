"""Delivered embeddings (embeddings.md §3)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NotRequired, TypedDict, cast

import msgspec

from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.schemas import Metadata
from horde_server.dispatch.store import Generation
from horde_server.dispatch.submission import NOTHING_TOLD, FollowUp, Kept, Submit, Told, UnusableResult
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.vectors import UnusableVectors, check_vectors, dimensions_of, taken_apart
from horde_server.requests.embedding.worker_schemas import EmbeddingSubmit
from horde_server.webhooks.hook import Announcement

_AT_ONCE_CHARACTERS: Final = 512 * 1024
"""Checked in the event loop: two milliseconds. More of it in a thread."""


class EmbeddingResults:
    """Embeddings as `Results`: what is kept are the vectors, as they were sent."""

    async def keep(self, job: HeldJob[EmbeddingOrder], generation: str, *, censored: bool) -> Kept:
        """One vector for each text."""
        order = job.order

        def check() -> None:
            vectors = taken_apart(generation) if generation else []
            check_vectors(vectors, count=len(order.inputs), dimensions=order.dimensions)

        try:
            if len(generation) <= _AT_ONCE_CHARACTERS:
                check()
            else:
                await asyncio.to_thread(check)
        except UnusableVectors as fault:
            raise UnusableResult(f"{fault}, so the job went back into the queue.") from None
        return Kept(generation)

    def follow_up(self, job: HeldJob[Any], seed: int, *, censored: bool) -> FollowUp | None:
        """Nothing."""
        return None

    def remarks(self, body: Submit) -> Sequence[Metadata]:
        """There are none."""
        return ()

    def told(self, body: Submit) -> Told:
        """How many tokens the worker counted."""
        if not isinstance(body, EmbeddingSubmit) or body.tokens is None:
            return NOTHING_TOLD
        return Told(msgspec.json.encode({"tokens": body.tokens}).decode())

    def is_censored(self, body: Submit) -> bool:
        """Nothing is withheld."""
        return False

    def announcement(self, made: Generation, order: EmbeddingOrder) -> Announcement | None:
        """Nobody is told: such requests have no webhook, as their vectors are megabytes."""
        return None


class DescribedEmbeddings(TypedDict):
    """What a status tells of delivered embeddings, by the names of the API."""

    vectors: list[str]  # in the order of the texts
    dimensions: int
    id: str
    worker_id: str
    worker_name: str
    model: str
    tokens: NotRequired[int]  # as the worker counted them


def described(made: Generation) -> DescribedEmbeddings:
    """Delivered embeddings."""
    vectors = taken_apart(made.result)
    found: DescribedEmbeddings = {
        "vectors": vectors,
        "dimensions": dimensions_of(vectors[0]),
        "id": str(made.id),
        "worker_id": str(made.worker_id),
        "worker_name": made.worker_name,
        "model": made.model,
    }
    if made.told is not None:
        found.update(cast("DescribedEmbeddings", msgspec.json.decode(made.told)))
    return found


def described_without_vectors(made: Generation) -> dict[str, Any]:
    """The same for who only wants to know that they are there: they may be megabytes."""
    return {name: value for name, value in described(made).items() if name != "vectors"}
