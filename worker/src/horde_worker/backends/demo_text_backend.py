"""The built-in language model as a backend."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Literal

from horde_worker.backends.demo_text.model import MODEL_NAME, DemoTextModel, GenerationStopped, Passage
from horde_worker.backends.interface import BackendFailure, Progress, TextAbilities, TextJob, TextResult

MAX_LENGTH: Final = 1024
MAX_CONTEXT_LENGTH: Final = 8192
"""Prompts up to this length are taken; the model itself sees its window (256 tokens), so the end of them counts."""
MAX_BATCH: Final = 4
FASTEST_TOKENS_PER_S: Final = 100.0
"""Hordes suspect workers that make more than 150 tokens a second (worker.md §1.1.7), which this model would."""


class DemoTextBackend:
    """`ember-demo-text` on this machine's processor; texts of a batch one after the other."""

    kind: Literal["text"] = "text"
    name = "demo-text"
    abilities = TextAbilities(
        models=(MODEL_NAME,), max_length=MAX_LENGTH, max_context_length=MAX_CONTEXT_LENGTH, max_batch=MAX_BATCH
    )

    def __init__(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model: DemoTextModel | None = None
        self._sleep = sleep
        self._clock = clock

    async def start(self) -> None:
        """Load the weights."""
        try:
            self._model = await asyncio.to_thread(DemoTextModel.load)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BackendFailure(f"the weights of {MODEL_NAME} cannot be read: {error}") from error

    async def generate(self, job: TextJob, progress: Progress) -> Sequence[TextResult]:
        """Write every text of the job; between two tokens a cancelled job ends."""
        if self._model is None:
            raise BackendFailure("the model is not loaded")
        began, stopped = self._clock(), threading.Event()
        try:
            results = await asyncio.to_thread(self._write, self._model, job, progress, stopped)
        except asyncio.CancelledError:
            stopped.set()
            raise
        except GenerationStopped as error:
            raise BackendFailure(str(error)) from error
        tokens = sum(result.tokens for result in results)
        if (early_s := tokens / FASTEST_TOKENS_PER_S - (self._clock() - began)) > 0:
            await self._sleep(early_s)
        return results

    @staticmethod
    def _write(model: DemoTextModel, job: TextJob, progress: Progress, stopped: threading.Event) -> list[TextResult]:
        results = []
        for place, seed in enumerate(job.seeds):
            written = model.generate(
                Passage(
                    prompt=job.prompt,
                    max_length=job.max_length,
                    max_context_length=job.max_context_length,
                    sampling=job.sampling,
                    stop_sequences=job.stop_sequences,
                    may_end=job.may_end,
                    seed=seed,
                ),
                on_token=lambda done, most, place=place: progress(place, done, most),  # type: ignore[misc]
                should_stop=stopped.is_set,
            )
            results.append(TextResult(written.text, seed, written.tokens))
        return results
