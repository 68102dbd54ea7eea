"""The root of this library's errors, and the error of a refused payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from horde_sdk.generic_api.apimodels import RequestErrorResponse


class HordeException(Exception):
    """Anything that goes wrong in a horde, as seen by this library."""


class HordeConnectionError(HordeException):
    """The horde could not be reached, or the connection broke or timed out before it answered."""


class AIHordeRequestError(HordeException):
    """The horde answered with an error.

    Attributes:
        error_response: The whole answer.
        message: The server's sentence.
        rc: The server's return code, `RC_MISSING` where it sent none.
        status_code: The HTTP status, where known.
    """

    def __init__(self, error_response: RequestErrorResponse, *, status_code: int | None = None) -> None:
        super().__init__(error_response.message)
        self.error_response = error_response
        self.message = error_response.message
        self.rc = error_response.rc
        self.status_code = error_response.http_status if status_code is None else status_code


class PayloadValidationError(AIHordeRequestError):
    """The horde refused the payload.

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
