"""Texts: write, format, submit (generation.md §4.5–4.6)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from horde_worker.backends.interface import BackendFailure, TextBackend, TextJob
from horde_worker.horde_api import HordeApi
from horde_worker.offer import OperatorWishes, check_text_offered, text_pop_body
from horde_worker.popped_text import read_text_pop
from horde_worker.text_format import formatted_prompt, formatted_text

_PATH = "/api/v2/generate/text"


@dataclass(frozen=True, slots=True)
class MadeText:
    """A text as it is submitted."""

    text: str
    seed: int


class TextKind:
    """Implements `Kind` for texts. A horde takes no remarks with a text, other than on censorship."""

    def __init__(self, api: HordeApi, backend: TextBackend, wishes: OperatorWishes) -> None:
        self._api = api
        self._backend = backend
        self._wishes = wishes

    @property
    def backend_name(self) -> str:
        return self._backend.name

    async def start(self) -> None:
        await self._backend.start()

    def offer(self) -> dict[str, Any]:
        return text_pop_body(self._wishes, self._backend.abilities)

    async def pop(self, offer: dict[str, Any]) -> dict[str, Any]:
        return await self._api.pop(f"{_PATH}/pop", offer)

    def read(self, answer: dict[str, Any], offer: dict[str, Any]) -> TextJob | None:
        job = read_text_pop(answer)
        if job is not None:
            check_text_offered(job, offer)
        return job

    async def prepare(self, job: TextJob) -> TextJob:
        """A single line needs no more than its end; the rest of the wishes are for afterwards."""
        stops = ("\n", *job.stop_sequences) if job.format.single_line else job.stop_sequences
        return replace(job, prompt=formatted_prompt(job.prompt, job.format), stop_sequences=stops)

    async def make(self, job: TextJob) -> AsyncGenerator[MadeText, None]:
        results = await self._backend.generate(job, _ignore_progress)
        if len(results) != len(job.ids):
            raise BackendFailure(f"{len(results)} texts for {len(job.ids)} jobs")
        for result in results:
            yield MadeText(formatted_text(result.text, job.format), result.seed)

    async def deliver(self, job: TextJob, place: int, made: MadeText) -> float:
        return await self._api.submit(f"{_PATH}/submit", job.ids[place], made.text, made.seed, ())

    async def wanted_models(self) -> Sequence[tuple[str, int]]:
        return await self._api.wanted_models("text")

    async def give_back(self, job_id: str, reason: str) -> None:
        await self._api.submit(f"{_PATH}/submit", job_id, "faulted", -1, (), state="faulted")

    def describe(self, job: TextJob) -> dict[str, Any]:
        return {"max_length": job.max_length}


def _ignore_progress(_text: int, _done: int, _most: int) -> None:
    """Nobody watches single tokens."""
