"""/v2/filters…: what prompts are searched for. For moderators."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
    HordeResponseTypes,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.request_parts import AuditReasonMixin


class FilterDetails(HordeResponseBaseModel, api_name="FilterDetails"):
    """A filter.

    201 of PUT /v2/filters, 200 of GET /v2/filters/{filter_id}, 200 of PATCH /v2/filters/{filter_id}.
    """

    description: str | None = None
    """What it is for."""
    filter_type: int = Field(ge=10, le=29)
    """10 to 19 raise suspicion, 20 to 29 are replaced."""
    id_: str = Field(alias="id")
    """The filter's id."""
    regex: str
    """The regular expression that prompts are searched for."""
    replacement: str | None = ""
    """What a match is replaced by."""
    user: str
    """Who made it."""


@Unhashable
@Unequatable
class FiltersListResponse(HordeResponseRootModel[list[FilterDetails]], api_name="FiltersList"):
    """The filters: 200 of GET /v2/filters."""


class FiltersListRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_filters,
):
    """Ask for the filters: GET /v2/filters."""

    filter_type: int | None = Field(default=None, ge=10, le=29)
    """Those of this type only."""
    contains: str | None = None
    """Those with this word in their regular expression only."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["filter_type", "contains"]

    @classmethod
    def get_default_success_response_type(cls) -> type[FiltersListResponse]:
        return FiltersListResponse


@Unhashable
@Unequatable
class FilterPromptSuspicionResponse(HordeResponseBaseModel, api_name="FilterPromptSuspicion"):
    """How suspicious a prompt is: 200 of POST /v2/filters."""

    matches: list[str] | None = None
    """What was found in it."""
    suspicion: int
    """How many kinds of filter found something."""
    filters: list[str] | None = None
    """Which filters did, where the horde tells it."""


class FilterPromptSuspicionRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_filters,
    api_name=_ANONYMOUS_MODEL,
):
    """Try a prompt on the filters: POST /v2/filters."""

    prompt: str
    """The prompt."""
    filter_type: int = Field(default=0, ge=10, le=29)
    """Filters of this type only; left out: all."""

    @classmethod
    def get_default_success_response_type(cls) -> type[FilterPromptSuspicionResponse]:
        return FilterPromptSuspicionResponse


class PutNewFilterRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.PUT,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_filters,
    api_name="PutNewFilter",
):
    """Make a filter: PUT /v2/filters."""

    description: str = ""
    """What it is for."""
    filter_type: int = Field(ge=10, le=29)
    """10 to 19 raise suspicion, 20 to 29 are replaced."""
    regex: str
    """The regular expression to search prompts for."""
    replacement: str | None = ""
    """What a match is replaced by."""

    @classmethod
    def get_default_success_response_type(cls) -> type[FilterDetails]:
        return FilterDetails

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {HTTPStatusCode.CREATED: FilterDetails}


class FilterRegex(HordeAPIObjectBaseModel, api_name="FilterRegex"):
    """All filters of a type as one regular expression."""

    filter_type: int = Field(ge=10, le=29)
    """The type."""
    regex: str | None = None
    """The expression; nothing where there are no filters of the type."""


@Unhashable
@Unequatable
class FilterRegexResponse(HordeResponseRootModel[list[FilterRegex]], api_name=_ANONYMOUS_MODEL):
    """The regular expressions that prompts are searched for: 200 of GET /v2/filters/regex."""


class FilterRegexRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_filters_regex,
):
    """Ask for the filters as regular expressions, one a type: GET /v2/filters/regex."""

    filter_type: int | None = Field(default=None, ge=10, le=29)
    """This type only."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["filter_type"]

    @classmethod
    def get_default_success_response_type(cls) -> type[FilterRegexResponse]:
        return FilterRegexResponse


class SingleFilterRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_filters_regex_single,
):
    """Ask about a filter: GET /v2/filters/{filter_id}."""

    filter_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[FilterDetails]:
        return FilterDetails


class PatchExistingFilter(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.PATCH,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_filters_regex_single,
    api_name="PatchExistingFilter",
):
    """Change a filter; what is left out stays as it is: PATCH /v2/filters/{filter_id}."""

    description: str | None = None
    """What it is for."""
    regex: str | None = None
    """The regular expression to search prompts for."""
    replacement: str | None = None
    """What a match is replaced by."""
    filter_type: int | None = Field(default=None, ge=10, le=29)
    """10 to 19 raise suspicion, 20 to 29 are replaced."""
    filter_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[FilterDetails]:
        return FilterDetails


class DeleteFilterResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name=_ANONYMOUS_MODEL):
    """A filter was deleted: 200 of DELETE /v2/filters/{filter_id}."""


class DeleteFilterRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_filters_regex_single,
):
    """Delete a filter: DELETE /v2/filters/{filter_id}."""

    filter_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteFilterResponse]:
        return DeleteFilterResponse
