"""/v2/styles/text…: styles of texts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import _BasePayloadKoboldMixin
from horde_sdk.ai_horde_api.apimodels.style_parts import _StyleChanges, _StyleMixin, _StyleResponseMixin
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class ModelStyleInputParamsKobold(
    HordeResponseBaseModel,
    _BasePayloadKoboldMixin,
    api_name="ModelStyleInputParamsKobold",
):
    """Parameters of the texts of a style."""


@Unhashable
class StyleKobold(HordeResponseBaseModel, _StyleResponseMixin, api_name="StyleKobold"):
    """A style of texts.

    200 of GET /v2/styles/text/{style_id}, 200 of GET /v2/styles/text_by_name/{style_name}.
    """

    params: ModelStyleInputParamsKobold | None = None
    """The parameters."""


@Unhashable
@Unequatable
class AllStylesTextResponse(HordeResponseRootModel[list[StyleKobold]], api_name=_ANONYMOUS_MODEL):
    """A page of styles of texts: 200 of GET /v2/styles/text."""


class AllStylesTextRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_text,
):
    """Ask for the styles of texts, 25 a page: GET /v2/styles/text."""

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
    def get_default_success_response_type(cls) -> type[AllStylesTextResponse]:
        return AllStylesTextResponse


class SingleStyleTextByIDRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_text_by_id,
):
    """Ask about a style of texts: GET /v2/styles/text/{style_id}."""

    style_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[StyleKobold]:
        return StyleKobold


class SingleStyleTextByNameRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_text_by_name,
):
    """Ask about a style of texts, by name: GET /v2/styles/text_by_name/{style_name}."""

    style_name: str
    """Which one: `style::owner#number::name`, or the name alone where it is the only one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[StyleKobold]:
        return StyleKobold


class ModifyStyleTextResponse(
    HordeResponseBaseModel,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    api_name="StyleModify",
):
    """A style of texts was made or changed.

    200 of POST /v2/styles/text, 200 of PATCH /v2/styles/text/{style_id}.
    """

    id_: str = Field(alias="id")
    """The style's id."""


@Unhashable
class CreateStyleTextRequest(
    BaseAIHordeRequest,
    _StyleMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_text,
    api_name="ModelStyleInputKobold",
):
    """Make a style of texts: POST /v2/styles/text. For trusted users and customizers."""

    params: ModelStyleInputParamsKobold
    """The parameters."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyStyleTextResponse]:
        return ModifyStyleTextResponse


@Unhashable
class ModifyStyleTextRequest(
    BaseAIHordeRequest,
    _StyleChanges,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.PATCH,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_text_by_id,
    api_name="ModelStylePatchKobold",
):
    """Change a style of texts; what is left out stays as it is. For its owner.

    PATCH /v2/styles/text/{style_id}.
    """

    style_id: str
    """Which one."""
    params: ModelStyleInputParamsKobold | None = None
    """The parameters."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyStyleTextResponse]:
        return ModifyStyleTextResponse


class DeleteStyleTextResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A style of texts was deleted: 200 of DELETE /v2/styles/text/{style_id}."""


class DeleteStyleTextRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_styles_text_by_id,
):
    """Delete a style of texts: DELETE /v2/styles/text/{style_id}. For its owner and moderators."""

    style_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteStyleTextResponse]:
        return DeleteStyleTextResponse
