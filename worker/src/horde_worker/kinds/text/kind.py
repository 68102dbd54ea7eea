"""Texts: have them written, format, submit (workers.md §7.6, §8.12)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Final

from horde_sdk.ai_horde_api.consts import MODEL_TYPE
from horde_worker.backends.events import BackendFailure, UnusableInput
from horde_worker.backends.text import TextJob, TextMaker, TextResult
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.hand_out import HandOut, UnusableJob, giving_back_at_most, messages_of, skipped_of
from horde_worker.kinds.interface import Watch
from horde_worker.kinds.maker_standing import OfMaker
from horde_worker.kinds.parcel import Parcel, as_json, as_request
from horde_worker.kinds.results import results_of
from horde_worker.kinds.sources import SourceFailure, SourceFetcher
from horde_worker.kinds.text.conversation import with_pictures
from horde_worker.kinds.text.offer import TextOffer, check_text_offered, text_offer
from horde_worker.kinds.text.popped import read_text_pop
from horde_worker.kinds.text.submit import TextSubmit, text_called_off, text_fault, text_submit, told_submit
from horde_worker.settings import OperatorWishes
from horde_worker.steady_clock import Deadline
from horde_worker.streams.job_stream import JobStream, OpenStreams
from horde_worker.streams.outbox import DeltaOutbox, Outbox, TextOutbox
from horde_worker.text_format import formatted_prompt, formatted_text

LEAST_LENGTH_OFFERED: Final = 80  # tokens
TOKENS_READ_PER_WRITTEN: Final = 50
"""A prompt is read many times faster than a text is written; four characters are about a token."""


class TextKind(OfMaker):
    """Implements `Kind` for texts."""

    def __init__(self, api: HordeApi, backend_name: str, maker: TextMaker, wishes: OperatorWishes) -> None:
        self.backend_name = backend_name
        self._api = api
        self._maker: TextMaker = maker
        self._wishes = wishes
        self._sources = SourceFetcher(api.places)
        self._streams = OpenStreams()

    async def start(self) -> None:
        """A maker of texts that is open can make some."""

    def offer(self) -> TextOffer:
        """The next pop."""
        return text_offer(self._wishes.current(), self._maker.abilities, self.slots, streams=self.may_stream)

    async def pop(self) -> HandOut[TextJob]:
        offer = self.offer()
        popped = await self._api.pop(offer)
        answer = popped.answer
        with giving_back_at_most(offer.amount):
            job = read_text_pop(answer)
            if job is not None:
                check_text_offered(job, offer)
                if job.conversation is not None and (lacks := job.conversation.lacking(self._maker.abilities.chat)):
                    raise UnusableJob(f"this worker does not offer {', '.join(lacks)}", job.ids)
        return HandOut(job, skipped_of(answer), popped.held_s, messages_of(answer))

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        wanted = await self._api.wanted_models(MODEL_TYPE.text)
        return [one for one in wanted if one[0] not in self.offer().models]

    async def prepare(self, job: TextJob) -> TextJob:
        """A single line needs no more than its end; the rest of the wishes are for afterwards."""
        stops = ("\n", *job.stop_sequences) if job.format.single_line else job.stop_sequences
        ready = replace(job, prompt=formatted_prompt(job.prompt, job.format), stop_sequences=stops)
        if job.conversation is None or not job.conversation.has_pictures:
            return ready
        seen = await with_pictures(job.conversation, self._sources)
        if isinstance(seen, SourceFailure):
            raise UnusableInput(f"a picture of the conversation: {seen.value}")
        return replace(ready, conversation=seen)

    def make(self, job: TextJob, watch: Watch) -> AsyncGenerator[TextResult | BackendFailure, None]:
        return results_of(self._maker.make(job), TextResult, len(job.ids), watch, "texts")

    def stream(self, job: TextJob, deadline: Deadline) -> JobStream | None:
        """Its pieces, of what will stand in the text; of answers that are more than a text, its deltas."""
        wish = job.stream
        if wish is None or not self.may_stream:
            return None
        passes_through = job.conversation is not None and job.conversation.passes_through
        outboxes: list[Outbox] = [
            DeltaOutbox(wish.max_bytes)
            if passes_through
            else TextOutbox(job.stop_sequences, job.format, wish.max_bytes)
            for _ in job.ids
        ]
        return JobStream(self._api, job.ids, outboxes, wish, deadline, self._streams)

    def pack_called_off(self, job: TextJob, place: int, so_far: str) -> Parcel:
        return Parcel(job.ids[place], as_json(text_called_off(job.ids[place], so_far)))

    async def pack(self, job: TextJob, place: int, result: TextResult) -> Parcel:
        text = formatted_text(result.text, job.format)
        if job.stream is None and job.conversation is None:
            return Parcel(job.ids[place], as_json(text_submit(job.ids[place], text, result.seed)))
        return Parcel(job.ids[place], as_json(told_submit(job.ids[place], text, result)))

    async def deliver(self, parcel: Parcel) -> float:
        return await self._api.hand_in(as_request(parcel.submit, TextSubmit))

    async def give_back(self, job_id: str, reason: str) -> None:
        await self._api.give_back(text_fault(job_id))

    def effort(self, job: TextJob) -> float:
        """Tokens to be written at most, and a little for those to be read."""
        read = min(len(job.prompt) / 4, job.max_context_length) / TOKENS_READ_PER_WRITTEN
        return job.max_length * len(job.ids) + read

    def wants_all(self, job: TextJob) -> bool:
        """Servers of texts share their slots out themselves."""
        return False

    def offer_less(self) -> str:
        """Half the length."""
        now = self.offer().max_length
        if now <= LEAST_LENGTH_OFFERED:
            return ""
        self._wishes = replace(self._wishes, max_length=max(now // 2, LEAST_LENGTH_OFFERED))
        return f"texts of at most {self._wishes.max_length} tokens"
