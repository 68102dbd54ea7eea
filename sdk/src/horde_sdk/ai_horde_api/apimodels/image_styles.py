"""/v2/styles/image…: styles of images."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, _BaseImageGenerateParamMixin
from horde_sdk.ai_horde_api.apimodels.sharedkeys import ExpiryStrSharedKeyDetailsResponse
from horde_sdk.ai_horde_api.apimodels.style_parts import _StyleChanges, _StyleMixin, _StyleResponseMixin
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class ModelStyleInputParamsStable(_BaseImageGenerateParamMixin, api_name="ModelStyleInputParamsStable"):
    """Parameters of the images of a style."""

    steps: int = 20
    """Sampling steps."""


class StyleExample(HordeAPIObjectBaseModel, api_name="StyleExample"):
    """A picture that shows a style."""

    url: str
    """Where it is."""
    primary: bool = False
    """Whether it stands for the style."""
    id_: str = Field(alias="id")
    """The example's id."""


@Unhashable
@Unequatable
class StyleStable(HordeResponseBaseModel, _StyleResponseMixin, api_name="StyleStable"):
    """A style of images.

    200 of GET /v2/styles/image/{style_id}, 200 of GET /v2/styles/image_by_name/{style_name}.
    """

    params: ModelStyleInputParamsStable | None = None
    """The parameters."""
    examples: list[StyleExample] | None = None
    """Pictures that show it."""
    shared_key: ExpiryStrSharedKeyDetailsResponse | None = None
    """The shared key that pays for its users."""


@Unhashable
@Unequatable
class AllStylesImageResponse(HordeResponseRootModel[list[StyleStable]], api_name=_ANONYMOUS_MODEL):
    """A page of styles of images: 200 of GET /v2/styles/image."""


class AllStylesImageRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image,
    api_name=_ANONYMOUS_MODEL,
):
    """Ask for the styles of images, 25 a page: GET /v2/styles/image."""

    sort: Literal["popular", "age"] = "popular"
    """Most used or oldest first."""
    page: int = 1
    """Which page, from 1."""
    tag: str | None = None
    """Those with this tag only."""
    model: str | None = None
    """Those for this model only."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["sort", "page", "tag", "model"]

    @classmethod
    def get_default_success_response_type(cls) -> type[AllStylesImageResponse]:
        return AllStylesImageResponse


class SingleStyleImageByIDRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image_by_id,
):
    """Ask about a style of images: GET /v2/styles/image/{style_id}."""

    style_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[StyleStable]:
        return StyleStable


class SingleStyleImageByNameRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image_by_name,
):
    """Ask about a style of images, by name: GET /v2/styles/image_by_name/{style_name}."""

    style_name: str
    """Which one: `style::owner#number::name`, or the name alone where it is the only one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[StyleStable]:
        return StyleStable


class ModifyStyleImageResponse(
    HordeResponseBaseModel,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    api_name="StyleModify",
):
    """A style of images was made or changed.

    200 of POST /v2/styles/image, 200 of PATCH /v2/styles/image/{style_id}.
    """

    id_: str = Field(alias="id")
    """The style's id."""


@Unhashable
class CreateStyleImageRequest(
    _StyleMixin,
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image,
    api_name="ModelStyleInputStable",
):
    """Make a style of images: POST /v2/styles/image. For trusted users and customizers."""

    params: ModelStyleInputParamsStable
    """The parameters."""
    sharedkey: str | None = Field(default=None, min_length=36, max_length=36, repr=False)
    """A shared key that pays for the style's users."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"sharedkey"}

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyStyleImageResponse]:
        return ModifyStyleImageResponse


@Unhashable
class ModifyStyleImageRequest(
    _StyleChanges,
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.PATCH,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image_by_id,
    api_name="ModelStylePatchStable",
):
    """Change a style of images; what is left out stays as it is. For its owner.

    PATCH /v2/styles/image/{style_id}.
    """

    style_id: str
    """Which one."""
    params: ModelStyleInputParamsStable | None = None
    """The parameters."""
    sharedkey: str | None = Field(default=None, min_length=36, max_length=36, repr=False)
    """A shared key that pays for the style's users."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"sharedkey"}

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyStyleImageResponse]:
        return ModifyStyleImageResponse


class DeleteStyleImageResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A style of images was deleted: 200 of DELETE /v2/styles/image/{style_id}."""


class DeleteStyleImageRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image_by_id,
):
    """Delete a style of images: DELETE /v2/styles/image/{style_id}. For its owner and moderators."""

    style_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteStyleImageResponse]:
        return DeleteStyleImageResponse
