"""The seam to what makes texts: jobs in, pieces and whole texts out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from horde_worker.backends.events import Piece, Progress
from horde_worker.sampler_settings import NEUTRAL, TextSampling
from horde_worker.text_format import UNFORMATTED, TextFormat


@dataclass(frozen=True, slots=True)
class TextAbilities:
    """What a maker of texts can do. Lengths in tokens: of a text, and of prompt and text together."""

    models: tuple[str, ...]
    max_length: int
    max_context_length: int
    max_batch: int = 1


@dataclass(frozen=True, slots=True)
class TextJob:
    """One hand-out of text, normalised: as many texts as it has ids. Lengths in tokens."""

    ids: tuple[str, ...]
    model: str
    prompt: str
    max_length: int
    max_context_length: int
    seeds: tuple[int, ...]  # one per text
    ttl_s: float
    sampling: TextSampling = NEUTRAL
    stop_sequences: tuple[str, ...] = ()
    format: TextFormat = UNFORMATTED
    may_end: bool = True  # false: the model goes on where it would end

    def log_fields(self) -> dict[str, Any]:
        """The length asked for."""
        return {"max_length": self.max_length}


@dataclass(frozen=True, slots=True)
class TextResult:
    """One text: what comes after the prompt, up to and with a stop sequence. Not formatted yet."""

    text: str
    seed: int
    tokens: int


TextEvent: TypeAlias = Progress | Piece | TextResult


class TextMaker(Protocol):
    """Makes texts. `make` must not block the event loop, and must stop soon when it is closed."""

    @property
    def abilities(self) -> TextAbilities:
        """What it can do; asked at every pop."""

    def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        """One result per id of the job, in their order; its pieces, if any, before it. Raises `BackendFailure`."""
