"""Errors of the AI Horde API.

HordeException
├─ HordeConnectionError
│  └─ HordeTimeoutError
└─ AIHordeRequestError
   ├─ PayloadValidationError
   ├─ AIHordeImageValidationError
   ├─ AIHordeAuthenticationError      HTTP 401
   ├─ AIHordePermissionError          HTTP 403
   ├─ AIHordeNotFoundError            HTTP 404
   ├─ AIHordeRateLimitError           HTTP 429
   │  └─ AIHordeTooManyRequestsError  your open requests, not your pace
   ├─ AIHordeMaintenanceError
   ├─ AIHordeKudosError
   ├─ AIHordeGenerationTimedOutError
   └─ AIHordeServerException          HTTP 5xx, or the horde gave up
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from horde_sdk.exceptions import (
    AIHordeRequestError,
    HordeConnectionError,
    HordeException,
    HordeTimeoutError,
    PayloadValidationError,
)

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.alchemy.status import AlchemyStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGenerateStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.text.status import TextGenerateStatusResponse
    from horde_sdk.generic_api.apimodels import RequestErrorResponse

    StatusResponse = ImageGenerateStatusResponse | TextGenerateStatusResponse | AlchemyStatusResponse

__all__ = [
    "AIHordeAuthenticationError",
    "AIHordeGenerationTimedOutError",
    "AIHordeImageValidationError",
    "AIHordeKudosError",
    "AIHordeMaintenanceError",
    "AIHordeNotFoundError",
    "AIHordePayloadValidationError",
    "AIHordePermissionError",
    "AIHordeRateLimitError",
    "AIHordeRequestError",
    "AIHordeServerException",
    "AIHordeTooManyRequestsError",
    "HordeConnectionError",
    "HordeException",
    "HordeTimeoutError",
    "PayloadValidationError",
    "request_error",
]


AIHordePayloadValidationError = PayloadValidationError
"""The name that releases 0.17 and 0.18 used."""


class AIHordeImageValidationError(AIHordeRequestError):
    """The source image or mask was refused."""


class AIHordeGenerationTimedOutError(AIHordeRequestError):
    """The results were not complete in time; the request was cancelled.

    Attributes:
        partial: What was finished by then, where the server told.
    """

    def __init__(
        self,
        error_response: RequestErrorResponse,
        *,
        partial: StatusResponse | None = None,
    ) -> None:
        super().__init__(error_response)
        self.partial = partial


class AIHordeServerException(AIHordeRequestError):
    """The horde failed (HTTP 5xx), or gave up on the request."""

    def __init__(
        self,
        *,
        message: str = "The horde answered with an error that was not handled.",
        error_response: RequestErrorResponse,
    ) -> None:
        super().__init__(error_response)
        self.message = error_response.message or message


class AIHordeAuthenticationError(AIHordeRequestError):
    """The key is missing or unknown."""


class AIHordePermissionError(AIHordeRequestError):
    """The key is good, but may not do this."""


class AIHordeNotFoundError(AIHordeRequestError):
    """There is no such thing, or no more: a request is forgotten some minutes after its end."""


class AIHordeRateLimitError(AIHordeRequestError):
    """Too many calls; the client has waited and tried again as often as its `RetryConfiguration` allows."""


class AIHordeTooManyRequestsError(AIHordeRateLimitError):
    """Your account has as many requests open as it may: wait for one of them, or cancel it."""


class AIHordeMaintenanceError(AIHordeRequestError):
    """The horde, or the worker that asks, is in maintenance."""


class AIHordeKudosError(AIHordeRequestError):
    """The account has too few kudos for this, or the kudos may not go there."""


_BY_RC = {
    "TooManyPrompts": AIHordeTooManyRequestsError,
    "MaintenanceMode": AIHordeMaintenanceError,
    "WorkerMaintenance": AIHordeMaintenanceError,
    "WorkerFlaggedMaintenance": AIHordeMaintenanceError,
    "KudosUpfront": AIHordeKudosError,
    "KudosTransferNotEnough": AIHordeKudosError,
    "KudosValidationError": AIHordeKudosError,
    "SharedKeyInsufficientKudos": AIHordeKudosError,
}

_BY_STATUS = {
    401: AIHordeAuthenticationError,
    403: AIHordePermissionError,
    404: AIHordeNotFoundError,
    429: AIHordeRateLimitError,
}


def request_error(error_response: RequestErrorResponse) -> AIHordeRequestError:
    """Return the exception that fits an error answer; its return code says more than its status."""
    if "Image validation failed" in error_response.message:
        return AIHordeImageValidationError(error_response)
    status = error_response.http_status or 0
    if status >= 500:
        return AIHordeServerException(error_response=error_response)
    kind = _BY_RC.get(error_response.rc) or _BY_STATUS.get(status) or AIHordeRequestError
    return kind(error_response)
