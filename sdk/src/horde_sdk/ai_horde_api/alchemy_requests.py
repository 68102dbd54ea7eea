"""The run of an alchemy request: its status is polled, and holds the results in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from horde_sdk.ai_horde_api.apimodels.alchemy.async_ import AlchemyAsyncRequest, AlchemyAsyncResponse
from horde_sdk.ai_horde_api.apimodels.alchemy.status import (
    AlchemyDeleteRequest,
    AlchemyFormStatus,
    AlchemyStatusRequest,
    AlchemyStatusResponse,
)
from horde_sdk.ai_horde_api.exceptions import AIHordeAlchemyTimedOutError
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.request_runs import RequestRun, RunOptions, expect
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.generic_api.argument_checks import require_request
from horde_sdk.generic_api.asking import Ask
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.steps import Steps

AlchemyCheckCallback = Callable[[AlchemyStatusResponse], object]
"""Told every poll's answer; the asynchronous client awaits what it returns, if that can be awaited."""


@dataclass(slots=True)
class AlchemyRequestRun(RequestRun[AlchemyStatusResponse, AlchemyStatusResponse]):
    """One alchemy request under way."""

    events_path = "/v2/interrogate/events"
    _late_error = AIHordeAlchemyTimedOutError

    request: AlchemyAsyncRequest

    @classmethod
    def of(cls, request: AlchemyAsyncRequest, options: RunOptions) -> AlchemyRequestRun:
        """Return the run of a request.

        Raises:
            TypeError: It is something else.
        """
        require_request(request, AlchemyAsyncRequest)
        return cls(request.get_number_of_results_expected(), options, request)

    def submit(self, ask: Ask) -> Steps[AlchemyAsyncResponse]:
        return expect(ask, self.request, AlchemyAsyncResponse)

    def look(self, ask: Ask, job_id: GenerationID, long_poll: LongPoll | None) -> Steps[AlchemyStatusResponse]:
        # With the key of the request, where it has one of its own.
        key: dict[str, Any] = {"apikey": self.request.apikey} if self.request.apikey else {}
        return expect(ask, AlchemyStatusRequest(id=job_id, **key), AlchemyStatusResponse, long_poll)

    def fetch(
        self,
        ask: Ask,
        last_look: AlchemyStatusResponse,
        job_id: GenerationID,
    ) -> Steps[AlchemyStatusResponse]:
        yield from ()
        return last_look

    def cancel(self, ask: Ask, job_id: GenerationID) -> Steps[AlchemyStatusResponse | RequestErrorResponse]:
        return ask(AlchemyDeleteRequest(id=job_id), AlchemyStatusResponse)

    def finished(self, status: AlchemyStatusResponse) -> int:
        return status.finished

    def result(self, told: object) -> AlchemyFormStatus:
        return AlchemyFormStatus.model_validate(told)

    def results(self, status: AlchemyStatusResponse) -> Sequence[AlchemyFormStatus]:
        return [form for form in status.forms if form.over]
