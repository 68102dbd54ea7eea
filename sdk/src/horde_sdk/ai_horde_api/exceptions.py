"""Errors of the AI Horde API.

HordeException
├─ HordeConnectionError
│  ├─ HordeConnectionRefusedError      nothing listens there
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
   ├─ AIHordeImpossibleError           nobody can do it, with `fail_fast=True`
   ├─ AIHordeGenerationTimedOutError
   │  ├─ AIHordeImageTimedOutError     its `partial` holds images
   │  ├─ AIHordeTextTimedOutError
   │  └─ AIHordeAlchemyTimedOutError
   └─ AIHordeServerException          HTTP 5xx, or the horde gave up
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from horde_sdk.exceptions import (
    AIHordeRequestError,
    HordeConnectionError,
    HordeConnectionRefusedError,
    HordeException,
    HordeTimeoutError,
    HordeWarning,
    PayloadValidationError,
    UnknownFieldWarning,
)
from horde_sdk.generic_api.rate_limits import rate_in_words

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.alchemy.status import AlchemyStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGenerateStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.text.status import TextGenerateStatusResponse
    from horde_sdk.ai_horde_api.embedding_models import EmbeddingStatusResponse
    from horde_sdk.generic_api.apimodels import RequestErrorResponse

    StatusResponse: TypeAlias = (
        ImageGenerateStatusResponse | TextGenerateStatusResponse | AlchemyStatusResponse | EmbeddingStatusResponse
    )

__all__ = [
    "AIHordeAlchemyTimedOutError",
    "AIHordeAuthenticationError",
    "AIHordeGenerationTimedOutError",
    "AIHordeImageTimedOutError",
    "AIHordeImageValidationError",
    "AIHordeImpossibleError",
    "AIHordeKudosError",
    "AIHordeMaintenanceError",
    "AIHordeNotFoundError",
    "AIHordePayloadValidationError",
    "AIHordePermissionError",
    "AIHordeRateLimitError",
    "AIHordeRequestError",
    "AIHordeServerException",
    "AIHordeTextTimedOutError",
    "AIHordeTooManyRequestsError",
    "HordeConnectionError",
    "HordeConnectionRefusedError",
    "HordeException",
    "HordeTimeoutError",
    "HordeWarning",
    "PayloadValidationError",
    "UnknownFieldWarning",
    "request_error",
]


AIHordePayloadValidationError = PayloadValidationError
"""The name that releases 0.17 and 0.18 used."""


class AIHordeImageValidationError(AIHordeRequestError):
    """The source image or mask was refused."""


class AIHordeImpossibleError(AIHordeRequestError):
    """No worker that is there can do it; the request was cancelled. Raised only where `fail_fast=True` was said."""


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


class AIHordeImageTimedOutError(AIHordeGenerationTimedOutError):
    """Images were not complete in time."""

    partial: ImageGenerateStatusResponse | None


class AIHordeTextTimedOutError(AIHordeGenerationTimedOutError):
    """Texts were not complete in time."""

    partial: TextGenerateStatusResponse | None


class AIHordeAlchemyTimedOutError(AIHordeGenerationTimedOutError):
    """Work on an image was not complete in time."""

    partial: AlchemyStatusResponse | None


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

    def __str__(self) -> str:
        allowed = rate_in_words(self.message)
        return f"Too many calls: {allowed}; wait before you ask again." if allowed else self.message


class AIHordeTooManyRequestsError(AIHordeRateLimitError):
    """Your account has as many requests open as it may: wait for one of them, or cancel it."""


class AIHordeMaintenanceError(AIHordeRequestError):
    """The horde, or the worker that asks, is in maintenance."""


class AIHordeKudosError(AIHordeRequestError):
    """The account has too few kudos for this, or the kudos may not go there."""


_RCS_OF_KINDS: dict[type[AIHordeRequestError], str] = {
    AIHordeTooManyRequestsError: "TooManyPrompts",
    AIHordeRateLimitError: "TooFastKudosTransfers",
    AIHordeMaintenanceError: "MaintenanceMode WorkerMaintenance WorkerFlaggedMaintenance",
    AIHordeKudosError: """
        KudosUpfront KudosValidationError KudosTransferNotEnough KudosTransferToAnon KudosTransferFromAnon
        KudosTransferToSelf NegativeKudosTransfer InvalidKudosTransferAmount FaultWhenKudosReceiving
        FaultWhenKudosSending TargetAccountFlagged SourceAccountFlagged EducationCannotSendKudos KudosAwardToAnon
        SharedKeyEmpty SharedKeyInsufficientKudos
    """,
    AIHordeImageValidationError: """
        ImageValidationFailed SourceImageResolutionExceeded SourceImageSizeExceeded SourceImageUrlInvalid
        SourceImageUnreadable
    """,
    AIHordeAuthenticationError: "InvalidAPIKey SharedKeyInvalid SharedKeyExpired",
    AIHordePermissionError: """
        AnonForbidden AnonForbiddenUser AnonForbiddenUserMod AnonForbiddenWorker BannedClientAgent BetaAnonForbidden
        NotAdmin NotModerator NotOwner NotPrivileged NotTrusted OnlyServiceAccountProxy RequiresTrust
        SpecialFieldNeedsSpecialUser SpecialForbidden SpecialModelNeedsSpecialUser StylesAnonForbidden
        StylesRequiresCustomizer
    """,
    AIHordeNotFoundError: "RequestExpired RequestNotFound InvalidJobID InvalidTargetUsername InvalidAwardUsername",
}
"""Hordes send some of these with a status that says less, 400 for the most part."""

_BY_RC = {rc: kind for kind, rcs in _RCS_OF_KINDS.items() for rc in rcs.split()}

_BY_STATUS = {
    401: AIHordeAuthenticationError,
    403: AIHordePermissionError,
    404: AIHordeNotFoundError,
    429: AIHordeRateLimitError,
}


def request_error(error_response: RequestErrorResponse) -> AIHordeRequestError:
    """Return the exception that fits an error answer; its return code says more than its status."""
    status = error_response.http_status or 0
    if status >= 500:
        return AIHordeServerException(error_response=error_response)
    kind = _BY_RC.get(error_response.rc.rstrip("."))  # some servers put a full stop behind a code
    if kind is None and "Image validation failed" in error_response.message:  # of the original, without a code
        kind = AIHordeImageValidationError
    return (kind or _BY_STATUS.get(status, AIHordeRequestError))(error_response)
