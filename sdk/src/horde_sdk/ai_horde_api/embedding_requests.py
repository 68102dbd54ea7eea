"""The run of a request for embeddings: its status is polled, and holds the vectors in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from horde_sdk.ai_horde_api.embedding_models import (
    DeleteEmbeddingRequest,
    EmbeddingAsyncRequest,
    EmbeddingAsyncResponse,
    EmbeddingDryRunResponse,
    EmbeddingGeneration,
    EmbeddingStatusRequest,
    EmbeddingStatusResponse,
)
from horde_sdk.ai_horde_api.exceptions import AIHordeGenerationTimedOutError
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.request_runs import RequestRun, RunOptions, expect
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.generic_api.argument_checks import require_request
from horde_sdk.generic_api.asking import Ask
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.steps import Steps

EmbeddingCheckCallback = Callable[[EmbeddingStatusResponse], object]
"""Told every poll's answer; the asynchronous client awaits what it returns, if that can be awaited."""


def dry_run(ask: Ask, request: EmbeddingAsyncRequest) -> Steps[EmbeddingDryRunResponse]:
    """Ask for the price.

    Raises:
        RuntimeError: The request does not say `dry_run=True`, so that it would be carried out.
        TypeError: It is something else.
    """
    require_request(request, EmbeddingAsyncRequest)
    if not request.dry_run:
        raise RuntimeError("embedding_request_dry_run() needs a request with dry_run=True")
    return (yield from expect(ask, request, EmbeddingDryRunResponse))


@dataclass(slots=True)
class EmbeddingRequestRun(RequestRun[EmbeddingStatusResponse, EmbeddingStatusResponse]):
    """One request for embeddings under way."""

    events_path = "/v2/generate/events"
    _late_error = AIHordeGenerationTimedOutError

    request: EmbeddingAsyncRequest

    @classmethod
    def of(cls, request: EmbeddingAsyncRequest, options: RunOptions) -> EmbeddingRequestRun:
        """Return the run of a request.

        Raises:
            TypeError: It is something else.
        """
        require_request(request, EmbeddingAsyncRequest)
        return cls(request.get_number_of_results_expected(), options, request)

    def submit(self, ask: Ask) -> Steps[EmbeddingAsyncResponse]:
        return expect(ask, self.request, EmbeddingAsyncResponse)

    def look(self, ask: Ask, job_id: GenerationID, long_poll: LongPoll | None) -> Steps[EmbeddingStatusResponse]:
        return expect(ask, EmbeddingStatusRequest(id=job_id), EmbeddingStatusResponse, long_poll)

    def fetch(
        self,
        ask: Ask,
        last_look: EmbeddingStatusResponse,
        job_id: GenerationID,
    ) -> Steps[EmbeddingStatusResponse]:
        yield from ()
        return last_look

    def cancel(self, ask: Ask, job_id: GenerationID) -> Steps[EmbeddingStatusResponse | RequestErrorResponse]:
        return ask(DeleteEmbeddingRequest(id=job_id), EmbeddingStatusResponse)

    def finished(self, status: EmbeddingStatusResponse) -> int:
        return len(status.generations)

    def result(self, told: object) -> EmbeddingGeneration:
        return EmbeddingGeneration.model_validate(told)

    def results(self, status: EmbeddingStatusResponse) -> Sequence[EmbeddingGeneration]:
        return status.generations
