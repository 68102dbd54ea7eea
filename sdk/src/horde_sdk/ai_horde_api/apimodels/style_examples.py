"""/v2/styles/image/{style_id}/example…: pictures that show what a style does."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    HordeResponseBaseModel,
)


class StyleImageExampleModifyResponse(
    HordeResponseBaseModel,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    api_name="StyleModify",
):
    """An example was added or changed.

    200 of POST /v2/styles/image/{style_id}/example, 200 of PATCH
    /v2/styles/image/{style_id}/example/{example_id}.
    """

    id_: str = Field(alias="id")
    """The example's id."""


class StyleImageExampleAddRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image_example_by_style_id,
    api_name="InputStyleExamplePost",
):
    """Add an example to a style: POST /v2/styles/image/{style_id}/example."""

    style_id: str
    """The style."""
    url: str
    """Where the picture is."""
    primary: bool = False
    """Whether it stands for the style."""

    @classmethod
    def get_default_success_response_type(cls) -> type[StyleImageExampleModifyResponse]:
        return StyleImageExampleModifyResponse


class StyleImageExampleModifyRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.PATCH,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image_example_by_style_id_example_id,
    api_name="InputStyleExamplePost",
):
    """Change an example: PATCH /v2/styles/image/{style_id}/example/{example_id}."""

    style_id: str
    """The style."""
    example_id: str
    """Which of its examples."""
    url: str
    """Where the picture is."""
    primary: bool = False
    """Whether it stands for the style."""

    @classmethod
    def get_default_success_response_type(cls) -> type[StyleImageExampleModifyResponse]:
        return StyleImageExampleModifyResponse


class StyleImageExampleDeleteResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """An example was deleted: 200 of DELETE /v2/styles/image/{style_id}/example/{example_id}."""


class StyleImageExampleDeleteRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_image_example_by_style_id_example_id,
):
    """Delete an example: DELETE /v2/styles/image/{style_id}/example/{example_id}."""

    style_id: str
    """The style."""
    example_id: str
    """Which of its examples."""

    @classmethod
    def get_default_success_response_type(cls) -> type[StyleImageExampleDeleteResponse]:
        return StyleImageExampleDeleteResponse
