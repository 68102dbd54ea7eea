"""The run of an image request: its cheap check is polled, its images are fetched once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from horde_sdk.ai_horde_api.apimodels.generate.async_ import (
    ImageGenerateAsyncDryRunResponse,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
)
from horde_sdk.ai_horde_api.apimodels.generate.check import ImageGenerateCheckRequest, ImageGenerateCheckResponse
from horde_sdk.ai_horde_api.apimodels.generate.status import (
    DeleteImageGenerateRequest,
    ImageGenerateStatusRequest,
    ImageGenerateStatusResponse,
    ImageGeneration,
)
from horde_sdk.ai_horde_api.exceptions import AIHordeImageTimedOutError
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.request_runs import RequestRun, RunOptions, expect
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.generic_api.argument_checks import require_request
from horde_sdk.generic_api.asking import Ask
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.steps import Steps

CheckCallback = Callable[[ImageGenerateCheckResponse], object]
"""Told every poll's answer; the asynchronous client awaits what it returns, if that can be awaited."""


def dry_run(ask: Ask, request: ImageGenerateAsyncRequest) -> Steps[ImageGenerateAsyncDryRunResponse]:
    """Ask for the price.

    Raises:
        RuntimeError: The request does not say `dry_run=True`, so that it would be carried out.
        TypeError: It is something else.
    """
    require_request(request, ImageGenerateAsyncRequest)
    if not request.dry_run:
        raise RuntimeError("image_generate_request_dry_run() needs a request with dry_run=True")
    return (yield from expect(ask, request, ImageGenerateAsyncDryRunResponse))


@dataclass(slots=True)
class ImageRequestRun(RequestRun[ImageGenerateCheckResponse, ImageGenerateStatusResponse]):
    """One image request under way."""

    events_path = "/v2/generate/events"
    _late_error = AIHordeImageTimedOutError

    request: ImageGenerateAsyncRequest

    @classmethod
    def of(cls, request: ImageGenerateAsyncRequest, options: RunOptions) -> ImageRequestRun:
        """Return the run of a request.

        Raises:
            TypeError: It is something else.
        """
        require_request(request, ImageGenerateAsyncRequest)
        return cls(request.get_number_of_results_expected(), options, request)

    def submit(self, ask: Ask) -> Steps[ImageGenerateAsyncResponse]:
        return expect(ask, self.request, ImageGenerateAsyncResponse)

    def look(self, ask: Ask, job_id: GenerationID, long_poll: LongPoll | None) -> Steps[ImageGenerateCheckResponse]:
        return expect(ask, ImageGenerateCheckRequest(id=job_id), ImageGenerateCheckResponse, long_poll)

    def fetch(
        self,
        ask: Ask,
        last_look: ImageGenerateCheckResponse,
        job_id: GenerationID,
    ) -> Steps[ImageGenerateStatusResponse]:
        return expect(ask, ImageGenerateStatusRequest(id=job_id), ImageGenerateStatusResponse)

    def cancel(self, ask: Ask, job_id: GenerationID) -> Steps[ImageGenerateStatusResponse | RequestErrorResponse]:
        return ask(DeleteImageGenerateRequest(id=job_id), ImageGenerateStatusResponse)

    def finished(self, status: ImageGenerateStatusResponse) -> int:
        return len(status.generations)

    def result(self, told: object) -> ImageGeneration:
        return ImageGeneration.model_validate(told)

    def results(self, status: ImageGenerateStatusResponse) -> Sequence[ImageGeneration]:
        return status.generations
