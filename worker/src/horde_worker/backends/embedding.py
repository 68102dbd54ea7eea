"""The seam to what makes vectors of texts: jobs in, vectors out."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from horde_worker.backends.events import Progress


@dataclass(frozen=True, slots=True)
class EmbeddingAbilities:
    """What a maker of vectors can do; `max_tokens` of the longest text that it takes."""

    models: tuple[str, ...]
    max_tokens: int
    loaded: tuple[str, ...] = ()  # models that lie in memory now


@dataclass(frozen=True, slots=True)
class EmbeddingJob:
    """One hand-out: texts of which each becomes a vector. It has one id."""

    ids: tuple[str, ...]
    model: str
    texts: tuple[str, ...]
    ttl_s: float
    dimensions: int | None = None  # how long the vectors are to be; None: as the model makes them

    def log_fields(self) -> dict[str, Any]:
        """How many texts."""
        return {"texts": len(self.texts)}


@dataclass(frozen=True, slots=True)
class EmbeddingResult:
    """A vector for each text, in their order, all of one length: 32-bit floats. As long as the model makes them."""

    vectors: tuple[array[float], ...]
    tokens: int | None = None  # of all texts, where they were counted


EmbeddingEvent: TypeAlias = Progress | EmbeddingResult


class EmbeddingMaker(Protocol):
    """Makes vectors. `make` must not block the event loop, and must stop soon when it is closed."""

    @property
    def abilities(self) -> EmbeddingAbilities:
        """What it can do; asked at every pop."""

    def make(self, job: EmbeddingJob) -> AsyncGenerator[EmbeddingEvent, None]:
        """The one result of a job. Raises `BackendFailure`."""
