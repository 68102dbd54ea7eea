"""The requests and responses of the ratings API; all are GETs."""

from __future__ import annotations

from enum import auto
from uuid import UUID

from pydantic import BaseModel, Field

from horde_sdk._text_enum import TextEnum
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeRequest,
    HordeResponseBaseModel,
    MessageSpecifiesUserIDMixin,
)
from horde_sdk.ratings_api.endpoints import RATING_API_ENDPOINT_SUBPATH, ratings_base_url

__all__ = [
    "BaseImageRatingRecord",
    "BaseRatingsAPIRequest",
    "BaseSelectableReturnTypeRequest",
    "HordeRequestImageSpecific",
    "ImageRatingResponseSubRecord",
    "ImageRatingsComparisonTypes",
    "ImageRatingsFilterableRequestBase",
    "ImageRatingsRequest",
    "ImageRatingsResponse",
    "SelectableReturnFormats",
    "UserCheckRequest",
    "UserCheckResponse",
    "UserRatingsRequest",
    "UserRatingsResponse",
    "UserRatingsResponseSubRecord",
    "UserValidateRequest",
    "UserValidateResponse",
    "UserValidateResponseRecord",
]


class ImageRatingsComparisonTypes(TextEnum):
    """How a number is compared with the one given."""

    greater_than_equal = "ge"
    less_than_equal = "le"
    equal = "eq"


class SelectableReturnFormats(TextEnum):
    """What the answer is written in; this library reads `json` only."""

    html = auto()
    json = auto()


class BaseRatingsAPIRequest(HordeRequest, method=HTTPMethod.GET):
    """A request to the ratings API."""

    @classmethod
    def get_api_url(cls) -> str:
        """Return the base URL that the environment names."""
        return ratings_base_url()


class BaseSelectableReturnTypeRequest(BaseModel):
    """A request whose answer comes in several formats."""

    format: SelectableReturnFormats
    """What the answer is written in."""


class HordeRequestImageSpecific(BaseModel):
    """A request about one image."""

    image_id: UUID
    """The image's id."""


class ImageRatingsFilterableRequestBase(BaseSelectableReturnTypeRequest):
    """A request for some of the ratings."""

    rating: int | None
    """Only ratings that compare with this one, 1 to 10."""
    rating_comparison: ImageRatingsComparisonTypes | None
    """How they compare."""
    artifacts: int | None = None
    """Only ratings whose mark for artifacts compares with this one, 0 to 5."""
    artifacts_comparison: ImageRatingsComparisonTypes | None = None
    """How they compare."""
    min_ratings: int | None
    """Only images with at least this many ratings."""


class BaseImageRatingRecord(BaseModel):
    """One rating of an image."""

    image: str
    """The image's URL."""
    rating: int
    """This rating."""
    artifacts: int | None
    """This rating's mark for artifacts."""
    average: float
    """The average of all ratings of the image."""
    times_rated: int
    """How many there are."""


class ImageRatingResponseSubRecord(BaseModel):
    """One user's rating of an image."""

    username: str
    """The user's alias."""
    rating: int
    """This rating."""
    artifacts: int | None
    """This rating's mark for artifacts."""


class ImageRatingsResponse(HordeResponseBaseModel, api_name=_ANONYMOUS_MODEL):
    """The ratings of an image: 200 of GET /v1/image/ratings/{image_id}."""

    total: int
    """How many there are."""
    image: str
    """The image's URL."""
    image_id: UUID
    """The image's id."""
    average: float
    """Their average."""
    times_rated: int
    """How often the image was rated."""
    ratings: list[ImageRatingResponseSubRecord]
    """Who rated how."""


class ImageRatingsRequest(
    BaseRatingsAPIRequest,
    APIKeyAllowedInRequestMixin,
    BaseSelectableReturnTypeRequest,
    endpoint=RATING_API_ENDPOINT_SUBPATH.v1_image_ratings,
):
    """Ask for the ratings of an image: GET /v1/image/ratings/{image_id}."""

    image_id: UUID
    """The image's id."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageRatingsResponse]:
        return ImageRatingsResponse


class UserCheckResponse(HordeResponseBaseModel, api_name=_ANONYMOUS_MODEL):
    """How a user has rated lately: 200 of GET /v1/user/check/{user_id}."""

    ratings_in_timeframe: int
    """Ratings in the minutes asked for."""
    ratings_per_minute_in_timeframe: float
    """Ratings per minute in the minutes asked for."""
    ratings_past_three_hours: int
    """Ratings in the past three hours."""
    ratings_per_minute_for_past_three_hours: float
    """Ratings per minute in the past three hours."""
    suspect_divergences: int
    """Ratings that are further from the average than asked for."""
    captchas_failed: int
    """Captchas that the user failed."""


class UserCheckRequest(
    BaseRatingsAPIRequest,
    APIKeyAllowedInRequestMixin,
    MessageSpecifiesUserIDMixin,
    endpoint=RATING_API_ENDPOINT_SUBPATH.v1_user_check,
):
    """Ask how a user has rated lately: GET /v1/user/check/{user_id}."""

    minutes: int = Field(ge=1)
    """How far to look back."""
    divergence: int = Field(ge=0)
    """How far from the average a rating is suspect."""

    @classmethod
    def get_default_success_response_type(cls) -> type[UserCheckResponse]:
        return UserCheckResponse


class UserValidateResponseRecord(BaseImageRatingRecord):
    """One of the user's ratings."""


class UserValidateResponse(HordeResponseBaseModel, api_name=_ANONYMOUS_MODEL):
    """A user's ratings: 200 of GET /v1/user/validate/{user_id}."""

    total: int
    """How many there are."""
    ratings: list[UserValidateResponseRecord]
    """The ratings."""


class UserValidateRequest(
    BaseRatingsAPIRequest,
    APIKeyAllowedInRequestMixin,
    MessageSpecifiesUserIDMixin,
    ImageRatingsFilterableRequestBase,
    endpoint=RATING_API_ENDPOINT_SUBPATH.v1_user_validate,
):
    """Ask for a user's ratings: GET /v1/user/validate/{user_id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[UserValidateResponse]:
        return UserValidateResponse


class UserRatingsResponseSubRecord(BaseImageRatingRecord):
    """One rating, and whose it is."""

    username: str
    """The user's alias."""


class UserRatingsResponse(HordeResponseBaseModel, api_name=_ANONYMOUS_MODEL):
    """Ratings of several users: 200 of GET /v1/user/ratings/."""

    total: int
    """How many there are."""
    ratings: list[UserRatingsResponseSubRecord]
    """The ratings."""


class UserRatingsRequest(
    BaseRatingsAPIRequest,
    APIKeyAllowedInRequestMixin,
    ImageRatingsFilterableRequestBase,
    endpoint=RATING_API_ENDPOINT_SUBPATH.v1_user_ratings,
):
    """Ask for the ratings of all users, page by page: GET /v1/user/ratings/."""

    limit: int
    """How many at most."""
    offset: int = 0
    """How many to pass over."""
    diverge: int | None
    """Only ratings that are at least this far from the average."""

    @classmethod
    def get_default_success_response_type(cls) -> type[UserRatingsResponse]:
        return UserRatingsResponse

    @classmethod
    def get_query_fields(cls) -> list[str]:
        """Return the field that `RatingsAPIQueryFields` has no member for: it would need a body, which a GET lacks."""
        return ["diverge"]
