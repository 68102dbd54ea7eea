"""What happens to requests, and many checks in one call. OpenHorde only.

`OpenRequest.events()` and `AIHordeAPISimpleClient.account_events()` yield these; of requests, hordes that tell nothing
are polled.
"""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.account_events import AccountEvent
from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressInfoMixin
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.request_events import (
    DeltaEvent,
    EndEvent,
    PreviewEvent,
    RequestEvent,
    RestartedEvent,
    ResultEvent,
    StateEvent,
    StepEvent,
    TextEvent,
)
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import HordeResponseRootModel
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH

__all__ = [
    "AccountEvent",
    "DeltaEvent",
    "EndEvent",
    "ManyChecksRequest",
    "ManyChecksResponse",
    "PreviewEvent",
    "RequestEvent",
    "RestartedEvent",
    "ResultEvent",
    "StateEvent",
    "StepEvent",
    "TextEvent",
]

MOST_CHECKED = 100
"""In one call."""


class CHECKS_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Path of many checks, which OpenHorde has and other AI Hordes lack."""

    v2_generate_check = "/v2/generate/check"


@Unhashable
@Unequatable
class ManyChecksResponse(
    HordeResponseRootModel[dict[str, ResponseGenerationProgressInfoMixin | None]], api_name=_ANONYMOUS_MODEL
):
    """How far requests are, by id; `None`: there is no such. 200 of POST /v2/generate/check."""


class ManyChecksRequest(BaseAIHordeRequest, method=HTTPMethod.POST, endpoint=CHECKS_ENDPOINT_SUBPATH.v2_generate_check):
    """Ask how far many requests are, of images, texts and alchemy: POST /v2/generate/check."""

    ids: list[GenerationID | str] = Field(min_length=1, max_length=MOST_CHECKED)
    """Their ids."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ManyChecksResponse]:
        return ManyChecksResponse
