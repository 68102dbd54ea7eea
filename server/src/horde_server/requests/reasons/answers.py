"""What is told of why a request waits (reasons.md §1)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_server.http.answers import Answer


class RefusedWorkers(Answer):
    """How many of the workers online are refused for one reason: a key of `skipped` in pops' answers."""

    reason: str
    workers: int
    description: str


class SuggestedField(Answer):
    """A field of the request's body, by dotted path, to send otherwise; without `value`, to leave out."""

    field: str
    value: Any = None


class Suggestion(Answer):
    """Changes that, all of them together, would make it possible; `points`: what they give up."""

    description: str
    workers: int
    points: int
    changes: list[SuggestedField]


class Eta(Answer):
    """Seconds from now by which half, and nine of ten, such requests are done; null where so many never are."""

    p50: float | None
    p90: float | None


class ExplainedPart(Answer):
    """One request as it stands, or one form of an interrogation. In raid mode nothing of workers is told."""

    form: str = ""
    done: bool
    faulted: bool
    is_possible: bool
    queue_position: int
    eta: Eta | None = None
    online: int = Field(0)
    able: int = Field(0)
    refused: list[RefusedWorkers] = Field([])
    suggestions: list[Suggestion] = Field([])
    is_complete: bool = True


class EtaAccuracy(Answer):
    """How well it was foretold in the last week when requests of a kind would be done; shares are null without any."""

    requests: int
    within_p50: float | None
    within_p90: float | None
    typical_factor: float | None


class RequestExplanation(Answer):
    """Why a request stands as it does: one part, or one for each form. What is not asked for yet has no `id`."""

    id: str = ""
    type: str
    parts: list[ExplainedPart]
    eta_accuracy: EtaAccuracy


class EtaAccuracies(Answer):
    """By kind of request, of those that this horde takes."""

    image: EtaAccuracy
    text: EtaAccuracy
    interrogation: EtaAccuracy
    embedding: EtaAccuracy | None = None
