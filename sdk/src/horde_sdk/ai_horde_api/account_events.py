"""What happens to all requests of an account, as hordes tell it that can."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from horde_sdk.ai_horde_api.exceptions import request_error
from horde_sdk.ai_horde_api.request_events import StateEvent, state_of
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.generic_api.server_sent_events import EventReader
from horde_sdk.generic_api.steps import Answer
from horde_sdk.generic_api.wire import to_response

ACCOUNT_EVENTS: Final = "/v2/events"
MOST_ACCOUNT_BREAKS: Final = 5
"""After so many broken connections without an event between them, the stream is given up."""
_MOST_ERROR_BYTES: Final = 2**16


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One of your requests has changed.

    Attributes:
        request_id: Which.
        state: How far it is now.
    """

    request_id: str
    state: StateEvent


def account_events_in(reader: EventReader, piece: bytes) -> Iterator[AccountEvent]:
    """Yield the events that a piece of the answer completes; what nobody knows is passed over.

    Raises:
        AnswerOutOfBoundsError: An event has no end.
    """
    for event in reader.feed(piece):
        if event.name != "state":
            continue
        try:
            data = json.loads(event.data)
            known = AccountEvent(str(data["request"]), state_of(data))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            continue
        yield known


class Refusal:
    """The beginning of an answer that tells no events."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        """Begin.

        Args:
            status: Of the answer.
            headers: Of the answer.
        """
        self._status = status
        self._headers = headers
        self._body = b""

    def is_enough(self, piece: bytes) -> bool:
        """Take a piece; tell whether there are enough."""
        self._body += piece
        return len(self._body) > _MOST_ERROR_BYTES

    def raise_it(self) -> NoReturn:
        """Raise it.

        Raises:
            AIHordeRequestError: What the server said.
        """
        response = to_response(Answer(self._status, self._headers, self._body), RequestErrorResponse)
        raise request_error(response)
