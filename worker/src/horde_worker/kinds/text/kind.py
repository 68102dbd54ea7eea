"""Texts: have them written, format, submit (workers.md §7.6, §8.12)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from horde_sdk.ai_horde_api.consts import MODEL_TYPE
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.text import TextJob, TextMaker, TextResult
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.hand_out import HandOut, giving_back_at_most, messages_of, skipped_of
from horde_worker.kinds.interface import Watch
from horde_worker.kinds.results import results_of
from horde_worker.kinds.text.offer import TextOffer, check_text_offered, text_offer
from horde_worker.kinds.text.popped import read_text_pop
from horde_worker.kinds.text.submit import text_fault, text_submit
from horde_worker.settings import OperatorWishes
from horde_worker.text_format import formatted_prompt, formatted_text


@dataclass(frozen=True, slots=True)
class PackedText:
    """A text as it is submitted."""

    text: str
    seed: int


class TextKind:
    """Implements `Kind` for texts."""

    def __init__(self, api: HordeApi, backend_name: str, maker: TextMaker, wishes: OperatorWishes) -> None:
        self.backend_name = backend_name
        self._api = api
        self._maker = maker
        self._wishes = wishes

    async def start(self) -> None:
        """A maker of texts that is open can make some."""

    def offer(self) -> TextOffer:
        """The next pop."""
        return text_offer(self._wishes.current(), self._maker.abilities)

    async def pop(self) -> HandOut[TextJob]:
        offer = self.offer()
        popped = await self._api.pop(offer)
        answer = popped.answer
        with giving_back_at_most(offer.amount):
            job = read_text_pop(answer)
            if job is not None:
                check_text_offered(job, offer)
        return HandOut(job, skipped_of(answer), popped.held_s, messages_of(answer))

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        wanted = await self._api.wanted_models(MODEL_TYPE.text)
        return [one for one in wanted if one[0] not in self._wishes.models]

    async def prepare(self, job: TextJob) -> TextJob:
        """A single line needs no more than its end; the rest of the wishes are for afterwards."""
        stops = ("\n", *job.stop_sequences) if job.format.single_line else job.stop_sequences
        return replace(job, prompt=formatted_prompt(job.prompt, job.format), stop_sequences=stops)

    def make(self, job: TextJob, watch: Watch) -> AsyncGenerator[TextResult | BackendFailure, None]:
        return results_of(self._maker.make(job), TextResult, len(job.ids), watch, "texts")

    async def pack(self, job: TextJob, place: int, result: TextResult) -> PackedText:
        return PackedText(formatted_text(result.text, job.format), result.seed)

    async def deliver(self, job: TextJob, place: int, made: PackedText) -> float:
        return await self._api.hand_in(text_submit(job.ids[place], made.text, made.seed))

    async def give_back(self, job_id: str, reason: str) -> None:
        await self._api.give_back(text_fault(job_id))
