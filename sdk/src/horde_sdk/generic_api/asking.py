"""The types of procedures and of what they ask by, which turns a request into steps; others carry those out."""

from __future__ import annotations

from typing import Protocol, TypeVar

from horde_sdk.generic_api.apimodels import HordeRequest, RequestErrorResponse
from horde_sdk.generic_api.long_poll import LongPoll
from horde_sdk.generic_api.steps import Steps
from horde_sdk.generic_api.wire import ResponseT

OutcomeT_co = TypeVar("OutcomeT_co", covariant=True)


class Ask(Protocol):
    """Sends a request as steps of the calling procedure."""

    def __call__(
        self,
        request: HordeRequest,
        expected: type[ResponseT],
        /,
        long_poll: LongPoll | None = None,
    ) -> Steps[ResponseT | RequestErrorResponse]:
        """Return the steps."""


class Procedure(Protocol[OutcomeT_co]):
    """A procedure that is yet to be told how to ask."""

    def __call__(self, ask: Ask, /) -> Steps[OutcomeT_co]:
        """Return its steps."""
