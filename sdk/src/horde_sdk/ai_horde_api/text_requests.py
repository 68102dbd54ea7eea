"""The run of a text request: without a check endpoint, its status is polled, and holds the texts in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import (
    TextGenerateAsyncDryRunResponse,
    TextGenerateAsyncRequest,
    TextGenerateAsyncResponse,
)
from horde_sdk.ai_horde_api.apimodels.generate.text.status import (
    DeleteTextGenerateRequest,
    GenerationKobold,
    TextGenerateStatusRequest,
    TextGenerateStatusResponse,
)
from horde_sdk.ai_horde_api.exceptions import AIHordeTextTimedOutError
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.request_runs import RequestRun, RunOptions, expect
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.generic_api.argument_checks import require_request
from horde_sdk.generic_api.asking import Ask
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.steps import Steps

TextCheckCallback = Callable[[TextGenerateStatusResponse], object]
"""Told every poll's answer; the asynchronous client awaits what it returns, if that can be awaited."""


def dry_run(ask: Ask, request: TextGenerateAsyncRequest) -> Steps[TextGenerateAsyncDryRunResponse]:
    """Ask for the price.

    Raises:
        RuntimeError: The request does not say `dry_run=True`, so that it would be carried out.
        TypeError: It is something else.
    """
    require_request(request, TextGenerateAsyncRequest)
    if not request.dry_run:
        raise RuntimeError("text_generate_request_dry_run() needs a request with dry_run=True")
    return (yield from expect(ask, request, TextGenerateAsyncDryRunResponse))


@dataclass(slots=True)
class TextRequestRun(RequestRun[TextGenerateStatusResponse, TextGenerateStatusResponse]):
    """One text request under way."""

    events_path = "/v2/generate/text/events"
    _late_error = AIHordeTextTimedOutError

    request: TextGenerateAsyncRequest

    @classmethod
    def of(cls, request: TextGenerateAsyncRequest, options: RunOptions) -> TextRequestRun:
        """Return the run of a request.

        Raises:
            TypeError: It is something else.
        """
        require_request(request, TextGenerateAsyncRequest)
        return cls(request.get_number_of_results_expected(), options, request)

    def submit(self, ask: Ask) -> Steps[TextGenerateAsyncResponse]:
        return expect(ask, self.request, TextGenerateAsyncResponse)

    def look(self, ask: Ask, job_id: GenerationID, long_poll: LongPoll | None) -> Steps[TextGenerateStatusResponse]:
        return expect(ask, TextGenerateStatusRequest(id=job_id), TextGenerateStatusResponse, long_poll)

    def is_over(self, look: TextGenerateStatusResponse) -> bool:
        # On older servers a fault that is reported twice leaves a slot too many, and `done` never comes.
        return look.done or look.faulted or look.is_job_complete(self.wanted)

    def fetch(
        self,
        ask: Ask,
        last_look: TextGenerateStatusResponse,
        job_id: GenerationID,
    ) -> Steps[TextGenerateStatusResponse]:
        yield from ()
        return last_look

    def cancel(self, ask: Ask, job_id: GenerationID) -> Steps[TextGenerateStatusResponse | RequestErrorResponse]:
        return ask(DeleteTextGenerateRequest(id=job_id), TextGenerateStatusResponse)

    def finished(self, status: TextGenerateStatusResponse) -> int:
        return len(status.generations)

    def result(self, told: object) -> GenerationKobold:
        return GenerationKobold.model_validate(told)

    def results(self, status: TextGenerateStatusResponse) -> Sequence[GenerationKobold]:
        return status.generations
