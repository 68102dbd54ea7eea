"""The built-in language model as a backend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, Self

from horde_worker.backends.demo_text.model import MODEL_NAME, DemoTextModel, GenerationStopped, Passage
from horde_worker.backends.events import BackendFailure, Piece, Progress
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.mapping import ByWorker, Mapped, Sent, Unsupported
from horde_worker.backends.shipped_weights import UNREADABLE
from horde_worker.backends.text import TextAbilities, TextEvent, TextJob, TextResult
from horde_worker.backends.threads import events_of

MAX_LENGTH: Final = 1024
MAX_CONTEXT_LENGTH: Final = 8192
"""Prompts up to this length are taken; the model itself sees its window (256 tokens), so the end of them counts."""
MAX_BATCH: Final = 4
FASTEST_TOKENS_PER_S: Final = 100.0
"""Hordes suspect workers that make more than 150 tokens a second (moderation.md §3.3), which this model would."""
SHORTEST_NAP_S: Final = 0.05
"""Five tokens: sleeping before each would cost more than making it."""

_SAMPLERS: Final = (
    *("temperature", "top_k", "top_a", "top_p", "min_p", "tfs", "typical", "rep_pen", "rep_pen_range"),
    *("rep_pen_slope", "sampler_order", "smoothing_factor", "dynatemp_range", "dynatemp_exponent"),
)
_FORMATS: Final = ("singleline", "frmtadsnsp", "frmtrmblln", "frmtrmspch", "frmttriminc")

MAPPING: Final[dict[str, Mapped]] = {
    "prompt": Sent("Passage.prompt", "the last 256 tokens of it count"),
    "max_length": Sent("Passage.max_length"),
    "max_context_length": Sent("Passage.max_context_length"),
    "n": ByWorker("one text after the other, at most 4"),
    "seed": Sent("Passage.seed", "one for each text"),
    **{name: Sent(f"Passage.sampling.{name}") for name in _SAMPLERS},
    "stop_sequence": Sent("Passage.stop_sequences"),
    "use_default_badwordsids": Sent("Passage.may_end", "a text does not end before its length"),
    **dict.fromkeys(_FORMATS, ByWorker("the prompt before, or the text after")),
    "softprompt": Unsupported("the model has no place for one"),
    "model": ByWorker("only `ember-demo-text` is offered"),
}
"""What becomes of a job's parameters (`horde_worker.backends.mapping`)."""


class DemoTextBackend:
    """`ember-demo-text` on this machine's processor; texts of a batch one after the other."""

    name = "demo-text"
    abilities = TextAbilities(
        models=(MODEL_NAME,),
        max_length=MAX_LENGTH,
        max_context_length=MAX_CONTEXT_LENGTH,
        max_batch=MAX_BATCH,
        loaded=(MODEL_NAME,),
    )

    def __init__(
        self,
        model: DemoTextModel,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._sleep = sleep
        self._clock = clock

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Load the weights; there are no options."""
        settings.check_known()
        try:
            return cls(await asyncio.to_thread(DemoTextModel.load))
        except UNREADABLE as error:
            raise BackendFailure(f"the weights of {MODEL_NAME} cannot be read: {error}") from error

    @property
    def makers(self) -> Makers:
        """Texts."""
        return Makers(text=self)

    async def close(self) -> None:
        """Nothing is held but memory."""

    async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        """Write every text of the job, word by word; between two words a closed job ends.

        What was written too fast to be believed is held back until its time has passed, piece by piece: whoever looks
        on sees a text grow evenly.
        """

        def write(tell: Callable[[TextEvent], None], should_stop: Callable[[], bool]) -> None:
            for place, seed in enumerate(job.seeds):
                self._write(job, place, seed, tell, should_stop)

        began, before = self._clock(), 0

        async def wait_until_believed(tokens: int, patience_s: float) -> None:
            if (early_s := began + tokens / FASTEST_TOKENS_PER_S - self._clock()) > patience_s:
                await self._sleep(early_s)

        try:
            async with aclosing(events_of(write)) as events:
                async for event in events:
                    if isinstance(event, Progress):
                        await wait_until_believed(before + event.step, SHORTEST_NAP_S)
                    elif isinstance(event, TextResult):
                        before += event.tokens
                        await wait_until_believed(before, 0)
                    yield event
        except GenerationStopped as error:
            raise BackendFailure(str(error)) from error

    def _write(
        self,
        job: TextJob,
        place: int,
        seed: int,
        tell: Callable[[TextEvent], None],
        should_stop: Callable[[], bool],
    ) -> None:
        written = self._model.generate(
            Passage(
                prompt=job.prompt,
                max_length=job.max_length,
                max_context_length=job.max_context_length,
                sampling=job.sampling,
                stop_sequences=job.stop_sequences,
                may_end=job.may_end,
                seed=seed,
            ),
            on_piece=lambda text: tell(Piece(place, text)),
            on_token=lambda done, most: tell(Progress(place, done, most)),
            should_stop=should_stop,
        )
        reason = "length" if written.tokens >= job.max_length else "stop"
        tell(TextResult(written.text, seed, written.tokens, finish_reason=reason))
