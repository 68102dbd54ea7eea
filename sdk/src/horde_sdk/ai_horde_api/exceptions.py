"""Errors of the AI Horde API.

HordeException
├─ HordeConnectionError
└─ AIHordeRequestError
   ├─ PayloadValidationError
   ├─ AIHordeImageValidationError
   ├─ AIHordeGenerationTimedOutError
   └─ AIHordeServerException
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from horde_sdk.exceptions import AIHordeRequestError, HordeConnectionError, HordeException, PayloadValidationError

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.alchemy.status import AlchemyStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGenerateStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.text.status import TextGenerateStatusResponse
    from horde_sdk.generic_api.apimodels import RequestErrorResponse

    StatusResponse = ImageGenerateStatusResponse | TextGenerateStatusResponse | AlchemyStatusResponse

__all__ = [
    "AIHordeGenerationTimedOutError",
    "AIHordeImageValidationError",
    "AIHordePayloadValidationError",
    "AIHordeRequestError",
    "AIHordeServerException",
    "HordeConnectionError",
    "HordeException",
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


def request_error(error_response: RequestErrorResponse) -> AIHordeRequestError:
    """Return the exception that fits an error answer."""
    if "Image validation failed" in error_response.message:
        return AIHordeImageValidationError(error_response)
    if (error_response.http_status or 0) >= 500:
        return AIHordeServerException(error_response=error_response)
    return AIHordeRequestError(error_response)
