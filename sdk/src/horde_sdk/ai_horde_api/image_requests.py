"""How an image request is seen through: submit, poll, fetch; told as steps, for both kinds of client."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from horde_sdk.ai_horde_api.apimodels.generate._async import (
    ImageGenerateAsyncDryRunResponse,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
)
from horde_sdk.ai_horde_api.apimodels.generate.check import ImageGenerateCheckRequest, ImageGenerateCheckResponse
from horde_sdk.ai_horde_api.apimodels.generate.status import (
    DeleteImageGenerateRequest,
    ImageGenerateStatusRequest,
    ImageGenerateStatusResponse,
)
from horde_sdk.ai_horde_api.consts import GENERATION_MAX_LIFE
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeGenerationTimedOutError,
    AIHordeServerException,
    HordeException,
    request_error,
)
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.generic_api.apimodels import HordeRequest, RequestErrorResponse
from horde_sdk.generic_api.steps import Pause, Steps, Tell
from horde_sdk.generic_api.wire import ResponseT
from horde_sdk.horde_logging import logger

REASONABLE_MINIMUM_TIMEOUT_S = 20

CheckCallback = Callable[[ImageGenerateCheckResponse], object]
"""Told every poll's answer; the asynchronous client awaits what it returns, if that can be awaited."""


class Ask(Protocol):
    """Sends a request as steps of the calling procedure."""

    def __call__(
        self,
        request: HordeRequest,
        expected: type[ResponseT],
        /,
    ) -> Steps[ResponseT | RequestErrorResponse]:
        """Return the steps."""


def expect(ask: Ask, request: HordeRequest, expected: type[ResponseT]) -> Steps[ResponseT]:
    """Send a request; an error answer is raised.

    Raises:
        AIHordeRequestError: The server answered with an error.
    """
    response = yield from ask(request, expected)
    if isinstance(response, RequestErrorResponse):
        raise request_error(response)
    return response


def valid_timeout_s(timeout: float, *, log_message: bool = False) -> float:
    """Return the seconds to wait at most: none or too many become the longest life of a request."""
    if timeout <= 0:
        return GENERATION_MAX_LIFE
    if timeout > GENERATION_MAX_LIFE:
        if log_message:
            logger.warning("a timeout of %s s is cut to %s s, a request's longest life", timeout, GENERATION_MAX_LIFE)
        return GENERATION_MAX_LIFE
    if timeout < REASONABLE_MINIMUM_TIMEOUT_S and log_message:
        logger.warning("a timeout of %s s is rarely enough", timeout)
    return timeout


def require_one_argument(callback: Callable[..., object] | None) -> None:
    """Refuse a callback that could not be told anything.

    Raises:
        ValueError: It takes no positional argument.
    """
    if callback is None:
        return
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):
        return
    takes_one = {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    }
    if not any(parameter.kind in takes_one for parameter in parameters):
        raise ValueError("Callback must take at least one argument")


def dry_run(ask: Ask, request: ImageGenerateAsyncRequest) -> Steps[ImageGenerateAsyncDryRunResponse]:
    """Ask for the price.

    Raises:
        RuntimeError: The request does not say `dry_run=True`, so that it would be carried out.
    """
    if not request.dry_run:
        raise RuntimeError("image_generate_request_dry_run() needs a request with dry_run=True")
    return (yield from expect(ask, request, ImageGenerateAsyncDryRunResponse))


@dataclass(slots=True)
class ImageRequestRun:
    """One image request under way.

    Attributes:
        accepted: The server's first answer, as soon as it is known: what must be cleaned up if the run is cut short.
    """

    request: ImageGenerateAsyncRequest
    timeout_s: float
    poll_interval_s: float
    clock: Callable[[], float]
    callback: CheckCallback | None = None
    delay_s: float = 0.0
    accepted: ImageGenerateAsyncResponse | None = field(default=None, init=False)

    def steps(self, ask: Ask) -> Steps[tuple[ImageGenerateStatusResponse, GenerationID]]:
        """Submit, poll until done, fetch.

        Raises:
            AIHordeRequestError: The server refused the request or a poll, or gave up on it.
            AIHordeGenerationTimedOutError: It took too long; it was cancelled, and what was finished is attached.
        """
        if self.delay_s > 0:
            yield Pause(self.delay_s)
        self.accepted = yield from expect(ask, self.request, ImageGenerateAsyncResponse)
        if self.accepted.message:
            logger.warning("the horde says: %s", self.accepted.message)
        job_id = self.accepted.id_
        if not (yield from self._until_done(ask, job_id)):
            yield from self._give_up(ask, job_id)
        status = yield from expect(ask, ImageGenerateStatusRequest(id=job_id), ImageGenerateStatusResponse)
        if status.faulted and not status.generations:
            message = f"The horde gave up on request {job_id}: every attempt failed."
            raise AIHordeServerException(error_response=RequestErrorResponse(message=message))
        return status, job_id

    def _until_done(self, ask: Ask, job_id: GenerationID) -> Steps[bool]:
        deadline = self.clock() + self.timeout_s
        warned = False
        while True:
            check = yield from expect(ask, ImageGenerateCheckRequest(id=job_id), ImageGenerateCheckResponse)
            if not check.is_possible and not warned:
                logger.warning("no worker that could do request %s was seen lately", job_id)
                warned = True
            if self.callback is not None:
                yield Tell(self.callback, check)
            if check.done or check.faulted:
                return True
            left_s = deadline - self.clock()
            if left_s <= 0:
                return False
            yield Pause(min(self.poll_interval_s, left_s))

    def _give_up(self, ask: Ask, job_id: GenerationID) -> Steps[None]:
        partial: ImageGenerateStatusResponse | None = None
        try:
            cancelled = yield from ask(DeleteImageGenerateRequest(id=job_id), ImageGenerateStatusResponse)
        except HordeException as error:
            logger.warning("request %s could not be cancelled: %s", job_id, error)
        else:
            partial = cancelled if isinstance(cancelled, ImageGenerateStatusResponse) else None
        finished = len(partial.generations) if partial else 0
        raise AIHordeGenerationTimedOutError(
            RequestErrorResponse(
                message=f"Request {job_id} was not complete after {self.timeout_s:g} s and was cancelled; "
                f"{finished} of {self.request.get_number_of_results_expected()} images were finished.",
            ),
            partial=partial,
        )
