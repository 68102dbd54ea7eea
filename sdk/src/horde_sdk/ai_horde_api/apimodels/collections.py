"""/v2/collections…: named lists of styles, of which a request draws one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.styles import StyleType
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


class ResponseModelStylesShort(HordeAPIObjectBaseModel, api_name="ResponseModelStylesShort"):
    """A style in one line."""

    name: str
    """Its name, with its owner's."""
    id_: str = Field(alias="id")
    """The style's id."""


@Unhashable
@Unequatable
class ResponseModelCollection(HordeResponseBaseModel, api_name="ResponseModelCollection"):
    """A collection.

    200 of GET /v2/collections/{collection_id}, 200 of GET /v2/collection_by_name/{collection_name}.
    """

    id: str
    """The collection's id."""
    name: str
    """Its name."""
    type: StyleType | str = Field(union_mode="left_to_right")
    """What its styles make."""
    info: str | None = None
    """What its owner says about it."""
    public: bool = True
    """Whether others may use it."""
    styles: list[ResponseModelStylesShort]
    """What it holds."""
    use_count: int | None
    """How often it was used."""


@Unhashable
@Unequatable
class AllCollectionsResponse(HordeResponseRootModel[list[ResponseModelCollection]], api_name=_ANONYMOUS_MODEL):
    """A page of collections: 200 of GET /v2/collections."""


class AllCollectionsRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_collections,
):
    """Ask for the collections, 25 a page: GET /v2/collections."""

    sort: Literal["popular", "age"] = "popular"
    """Most used or oldest first."""
    page: int = 1
    """Which page, from 1."""
    type_: Literal["image", "text", "all"] = Field(default="all", alias="type")
    """What their styles make."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["sort", "page", "type_"]

    @classmethod
    def get_default_success_response_type(cls) -> type[AllCollectionsResponse]:
        return AllCollectionsResponse


class CollectionByIDRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_collections_by_id,
):
    """Ask about a collection: GET /v2/collections/{collection_id}."""

    collection_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ResponseModelCollection]:
        return ResponseModelCollection


class CollectionByNameRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_collections_by_name,
):
    """Ask about a collection, by name: GET /v2/collection_by_name/{collection_name}."""

    collection_name: str
    """Which one: `collection::owner#number::name`."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ResponseModelCollection]:
        return ResponseModelCollection


class _InputModelCollectionMixin(HordeAPIObjectBaseModel):
    """What an owner says about a collection."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    """Its name."""
    info: str | None = Field(default=None, min_length=1, max_length=1000)
    """What it is about."""
    public: bool = True
    """Whether others may use it."""
    styles: list[str] | None = Field(default=None, min_length=1)
    """Names or ids of its styles, all of one kind."""


class CreateCollectionResponse(
    HordeResponseBaseModel,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    api_name="StyleModify",
):
    """A collection was made: 200 of POST /v2/collections."""

    id_: str = Field(alias="id")
    """The collection's id."""


@Unhashable
@Unequatable
class CreateCollectionRequest(
    _InputModelCollectionMixin,
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_collections,
    api_name="InputModelCollection",
):
    """Make a collection: POST /v2/collections."""

    name: str = Field(min_length=1, max_length=100)
    """Its name."""
    styles: list[str] = Field(min_length=1)
    """Names or ids of its styles, all of one kind."""

    @classmethod
    def get_default_success_response_type(cls) -> type[CreateCollectionResponse]:
        return CreateCollectionResponse


class UpdateCollectionResponse(
    HordeResponseBaseModel,
    ContainsMessageResponseMixin,
    ContainsWarningsResponseMixin,
    api_name="StyleModify",
):
    """A collection was changed: 200 of PATCH /v2/collections/{collection_id}."""

    id_: str = Field(alias="id")
    """The collection's id."""


@Unhashable
@Unequatable
class UpdateCollectionRequest(
    _InputModelCollectionMixin,
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.PATCH,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_collections_by_id,
    api_name="InputModelCollection",
):
    """Change a collection; what is left out stays as it is: PATCH /v2/collections/{collection_id}."""

    collection_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[UpdateCollectionResponse]:
        return UpdateCollectionResponse


class DeleteCollectionResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A collection was deleted: 200 of DELETE /v2/collections/{collection_id}."""


class DeleteCollectionRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_collections_by_id,
):
    """Delete a collection; its styles stay: DELETE /v2/collections/{collection_id}."""

    collection_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteCollectionResponse]:
        return DeleteCollectionResponse
