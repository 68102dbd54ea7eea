"""Vectors of texts: have them made, hand them in (docs/api/embeddings.md)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from horde_worker.backends.embedding import EmbeddingJob, EmbeddingMaker, EmbeddingResult
from horde_worker.backends.events import BackendFailure
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.embedding.offer import EmbeddingOffer, check_embedding_offered, embedding_offer
from horde_worker.kinds.embedding.popped import read_embedding_pop
from horde_worker.kinds.embedding.submit import EmbeddingSubmit, embedding_fault, embedding_submit
from horde_worker.kinds.hand_out import HandOut, giving_back_at_most, messages_of, skipped_of
from horde_worker.kinds.interface import Watch
from horde_worker.kinds.maker_standing import OfMaker
from horde_worker.kinds.parcel import Parcel, as_json, as_request
from horde_worker.kinds.results import results_of
from horde_worker.settings import OperatorWishes
from horde_worker.steady_clock import Deadline

CHARACTERS_A_TOKEN = 4


class EmbeddingKind(OfMaker):
    """Implements `Kind` for vectors of texts."""

    def __init__(self, api: HordeApi, backend_name: str, maker: EmbeddingMaker, wishes: OperatorWishes) -> None:
        self.backend_name = backend_name
        self._api = api
        self._maker: EmbeddingMaker = maker
        self._wishes = wishes

    async def start(self) -> None:
        """A maker of vectors that is open can make some."""

    def offer(self) -> EmbeddingOffer:
        """The next pop."""
        return embedding_offer(self._wishes.current(), self._maker.abilities, self.slots)

    async def pop(self) -> HandOut[EmbeddingJob]:
        offer = self.offer()
        popped = await self._api.pop(offer)
        answer = popped.answer
        with giving_back_at_most(1):
            job = read_embedding_pop(answer)
            if job is not None:
                check_embedding_offered(job, offer)
        return HandOut(job, skipped_of(answer), popped.held_s, messages_of(answer))

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        """A horde does not tell which wait."""
        return ()

    async def prepare(self, job: EmbeddingJob) -> EmbeddingJob:
        """All is there."""
        return job

    def make(self, job: EmbeddingJob, watch: Watch) -> AsyncGenerator[EmbeddingResult | BackendFailure, None]:
        return results_of(self._maker.make(job), EmbeddingResult, 1, watch, "sets of vectors")

    def stream(self, job: EmbeddingJob, deadline: Deadline) -> None:
        """There is nothing to tell of."""

    def pack_called_off(self, job: EmbeddingJob, place: int, so_far: str) -> Parcel:
        return Parcel(job.ids[place], as_json(embedding_fault(job.ids[place])))

    async def pack(self, job: EmbeddingJob, place: int, result: EmbeddingResult) -> Parcel:
        submit = await asyncio.to_thread(embedding_submit, job, result)
        return Parcel(job.ids[place], as_json(submit))

    async def deliver(self, parcel: Parcel) -> float:
        return await self._api.hand_in(as_request(parcel.submit, EmbeddingSubmit))

    async def give_back(self, job_id: str, reason: str) -> None:
        await self._api.give_back(embedding_fault(job_id))

    def effort(self, job: EmbeddingJob) -> float:
        """Tokens, by a guess."""
        return sum(map(len, job.texts)) / CHARACTERS_A_TOKEN

    def wants_all(self, job: EmbeddingJob) -> bool:
        """They are small."""
        return False

    def offer_less(self) -> str:
        """A text is taken whole or not at all."""
        return ""
