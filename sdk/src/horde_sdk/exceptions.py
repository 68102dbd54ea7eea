"""The root of this library's errors and warnings, and the error of a refused payload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from horde_sdk.generic_api.apimodels import RequestErrorResponse

MOST_REASONS_TOLD = 20
LONGEST_REASON_CHARACTERS = 300


def reasons_in_words(reasons: Iterable[tuple[str, object]]) -> str:
    """Return fields and what is wrong with each as one sentence; a long list, and a long reason, are cut."""
    reasons = iter(reasons)
    told = [f"{field}: {_short(str(reason))}" for field, reason in islice(reasons, MOST_REASONS_TOLD)]
    untold = sum(1 for _ in reasons)
    return "; ".join([*told, *([f"and {untold} more"] if untold else [])])


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_REASON_CHARACTERS else f"{text[:LONGEST_REASON_CHARACTERS]}…"


class HordeException(Exception):
    """Anything that goes wrong in a horde, as seen by this library.

    Attributes:
        request_id: The request in the horde that it is about, where there is one.
    """

    request_id: str | None = None


class HordeConnectionError(HordeException):
    """The horde could not be reached, or the connection broke or timed out before it answered."""


class HordeTimeoutError(HordeConnectionError, TimeoutError):
    """The horde did not take the connection, fell silent, or took too long with its answer."""


class HordeConnectionRefusedError(HordeConnectionError):
    """Nothing listens at the horde's address."""


class HordeWarning(UserWarning):
    """Something that a program's user should see: what the horde warned of, or what looks like a mistake.

    Shown by Python's `warnings`, and logged: `warnings.simplefilter("ignore", HordeWarning)` leaves the log alone.
    """


class UnknownFieldWarning(HordeWarning):
    """A request has a field that this library does not know: a typing error, or newer than the library."""


class AIHordeRequestError(HordeException):
    """The horde answered with an error.

    Attributes:
        error_response: The whole answer.
        message: The server's sentence.
        rc: The server's return code, `RC_MISSING` where it sent none.
        status_code: The HTTP status, where known.
        retry_after_s: How long the server wants to be left alone; 0 where it did not say.
    """

    def __init__(self, error_response: RequestErrorResponse, *, status_code: int | None = None) -> None:
        super().__init__(error_response.message)
        self.error_response = error_response
        self.message = error_response.message
        self.rc = error_response.rc
        self.status_code = error_response.http_status if status_code is None else status_code
        self.retry_after_s = error_response.retry_after_s

    def __str__(self) -> str:
        return self.message


class PayloadValidationError(AIHordeRequestError):
    """The horde refused the payload. As text it names the fields and what is wrong with each.

    Attributes:
        errors: Path of the field to what is wrong with it.
    """

    def __init__(
        self,
        errors: Mapping[str, object],
        message: str,
        *,
        error_response: RequestErrorResponse | None = None,
    ) -> None:
        from horde_sdk.generic_api.apimodels import RequestErrorResponse

        super().__init__(error_response or RequestErrorResponse(message=message))
        self.errors = dict(errors)

    def __str__(self) -> str:
        return f"{self.message}: {reasons_in_words(self.errors.items())}" if self.errors else self.message
