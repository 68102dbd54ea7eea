"""Retries: when a call is tried again, and after how long."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, Field

from horde_sdk.consts import HTTPStatusCode
from horde_sdk.exceptions import HordeConnectionError
from horde_sdk.generic_api.steps import Answer

DEFAULT_RETRY_STATUS_CODES = frozenset(
    {
        HTTPStatusCode.REQUEST_TIMEOUT,
        HTTPStatusCode.TOO_MANY_REQUESTS,
        HTTPStatusCode.SERVICE_UNAVAILABLE,
        HTTPStatusCode.GATEWAY_TIMEOUT,
    }
)

REPEATABLE_METHODS = frozenset({"GET", "DELETE", "HEAD"})
"""Others are repeated only after a rate limit: the first one may have been accepted although its answer was lost."""


def was_turned_away(answer: Answer) -> bool:
    """Tell whether a rate limit refused a call before anybody looked at it, so that even a POST may be repeated.

    Such an answer has no `rc`; `TooManyPrompts` and its like are decisions, and waiting alone does not change them.
    """
    if answer.status != HTTPStatusCode.TOO_MANY_REQUESTS:
        return False
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return True
    return not (isinstance(content, dict) and content.get("rc"))


@dataclass(frozen=True, slots=True)
class Retry:
    """A call that failed and is about to be tried again.

    Attributes:
        method: The verb.
        url: The address, without what is secret of it.
        failure: The horde's answer, or why there was none.
        delay_s: Seconds until the call is sent again.
        has_ever_answered: Whether the client ever got an answer; if not, perhaps there is no horde.
    """

    method: str
    url: str
    failure: Answer | HordeConnectionError
    delay_s: float
    has_ever_answered: bool


RetryCallback = Callable[[Retry], object]
"""Told before each pause; what it raises ends the call."""


class RetryConfiguration(BaseModel):
    """How patient a client is. Only GET and DELETE are repeated, and what a rate limit turned away."""

    max_retries: int = Field(default=3, ge=0, lt=10)
    """How often a call is repeated at most."""
    initial_delay_seconds: float = Field(default=0.5, gt=0)
    """The wait before the first repetition."""
    max_delay_seconds: float = Field(default=30.0, gt=0)
    """The longest wait, whatever the server asks for."""
    backoff_factor: float = Field(default=2.0, gt=1)
    """How much longer each wait is than the one before."""
    jitter_factor: float = Field(default=0.1, gt=0, le=1)
    """How much longer a wait may be by chance."""
    retry_status_codes: set[int] = Field(default=set(DEFAULT_RETRY_STATUS_CODES))
    """The statuses after which a call is repeated, beside all of 500 and more."""
    retry_on_connection_errors: bool = True
    """Whether it is repeated when the connection broke."""

    def delay_s(
        self, failures: int, retry_after: str | None = None, *, chance: Callable[[], float] = random.random
    ) -> float:
        """Return the seconds to wait after the given number of failures (from 1), at most `max_delay_seconds`.

        Args:
            failures: How often the call failed so far.
            retry_after: The header `Retry-After`: seconds, or a date.
            chance: Yields a number from 0 to 1, so that many clients do not come back at once.
        """
        backoff = self.initial_delay_seconds * self.backoff_factor ** (failures - 1)
        asked = seconds_of(retry_after)
        wait = max(backoff, asked)
        return min(wait * (1 + self.jitter_factor * chance()), self.max_delay_seconds)


def seconds_of(retry_after: str | None) -> float:
    """Return the seconds that a header `Retry-After` asks for: a number or a date; 0 where it says nothing."""
    if not retry_after or not retry_after.isascii():  # `float` reads the digits of every script
        return 0.0
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
