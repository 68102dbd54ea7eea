"""POST /v2/generate/rate/{id}: which of the images of a shared request is best. Old hordes only."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class AestheticRating(HordeAPIObjectBaseModel, api_name="AestheticRating"):
    """What somebody thinks of an image."""

    id_: str = Field(alias="id")
    """The image."""
    rating: int
    """How beautiful it is, 1 to 10."""
    artifacts: int | None = None
    """How flawed it is: 0 flawless, 5 ruined."""


class AestheticsPayload(HordeAPIObjectBaseModel, api_name="AestheticsPayload"):
    """What somebody thinks of the images of a request."""

    best: str | None = None
    """The best image of several."""
    ratings: list[AestheticRating]
    """One a rated image."""


class RateResponse(HordeResponseBaseModel, api_name="GenerationSubmitted"):
    """A rating was taken: 200 of POST /v2/generate/rate/{id}."""

    reward: float
    """Kudos that the request's owner gets back."""


@Unhashable
@Unequatable
class RateRequest(
    AestheticsPayload,
    BaseAIHordeRequest,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_rate_id,
    api_name="AestheticsPayload",
):
    """Rate the images of a finished request that was made with `shared`: POST /v2/generate/rate/{id}."""

    id_: GenerationID | None = Field(default=None, alias="id")
    """The request; it cannot be sent without."""

    @classmethod
    def get_default_success_response_type(cls) -> type[RateResponse]:
        return RateResponse
