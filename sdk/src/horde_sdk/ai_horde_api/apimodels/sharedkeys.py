"""/v2/sharedkeys…: keys that let others spend some of your kudos. The id of one is the key itself."""

from __future__ import annotations

from pydantic import Field, field_validator

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, MessageSpecifiesSharedKeyMixin
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _OVERLOADED_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
)

UNLIMITED = -1
"""Says of a limit that there is none."""


class _SharedKeyChanges(HordeAPIObjectBaseModel):
    """What an owner says about a shared key."""

    kudos: int | None = None
    """How many it may spend; -1: no limit."""
    name: str | None = None
    """What its owner calls it."""
    max_image_pixels: int | None = None
    """How large images may be; -1: no limit."""
    max_image_steps: int | None = None
    """How many steps an image may take; -1: no limit."""
    max_text_tokens: int | None = None
    """How long texts may be; -1: no limit."""

    @field_validator("max_image_pixels", "max_image_steps", "max_text_tokens")
    @classmethod
    def _is_a_limit(cls, limit: int | None) -> int | None:
        if limit is not None and limit < UNLIMITED:
            raise ValueError("a limit is 0 or more, or -1 for none")
        return limit


class _BaseSharedKeySettings(_SharedKeyChanges):
    """All that an owner says about a shared key, but when it ends."""

    kudos: int
    """How many it may spend; -1: no limit."""
    name: str
    """What its owner calls it."""
    max_image_pixels: int
    """How large images may be; -1: no limit."""
    max_image_steps: int
    """How many steps an image may take; -1: no limit."""
    max_text_tokens: int
    """How long texts may be; -1: no limit."""


class SharedKeySettings(_BaseSharedKeySettings):
    """All that an owner says about a shared key."""

    expiry: int = Field(default=UNLIMITED, ge=UNLIMITED)
    """In how many days it ends; -1: never."""


class SharedKeyDetailsResponse(
    HordeResponseBaseModel,
    MessageSpecifiesSharedKeyMixin,
    SharedKeySettings,
    api_name="SharedKeyDetails",
):
    """A shared key whose end is a number of days."""

    username: str
    """Whose kudos it spends."""
    utilized: int
    """Kudos spent with it so far."""


class ExpiryStrSharedKeyDetailsResponse(
    HordeResponseBaseModel,
    MessageSpecifiesSharedKeyMixin,
    _BaseSharedKeySettings,
    api_name=_OVERLOADED_MODEL,
):
    """A shared key.

    200 of PUT /v2/sharedkeys, 200 of GET /v2/sharedkeys/{sharedkey_id}, 200 of PATCH
    /v2/sharedkeys/{sharedkey_id}.
    """

    expiry: str | None = None
    """When it ends."""
    username: str
    """Whose kudos it spends."""
    utilized: int
    """Kudos spent with it so far."""


class SharedKeyCreateRequest(
    BaseAIHordeRequest,
    SharedKeySettings,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.PUT,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_sharedkeys_create,
    api_name="SharedKeyInput",
):
    """Make a shared key: PUT /v2/sharedkeys."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ExpiryStrSharedKeyDetailsResponse]:
        return ExpiryStrSharedKeyDetailsResponse


class SharedKeyDetailsRequest(
    BaseAIHordeRequest,
    MessageSpecifiesSharedKeyMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_sharedkeys,
):
    """Ask about a shared key: GET /v2/sharedkeys/{sharedkey_id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ExpiryStrSharedKeyDetailsResponse]:
        return ExpiryStrSharedKeyDetailsResponse


class SharedKeyModifyRequest(
    BaseAIHordeRequest,
    _SharedKeyChanges,
    MessageSpecifiesSharedKeyMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.PATCH,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_sharedkeys,
    api_name="SharedKeyInput",
):
    """Change a shared key; what is left out stays as it is: PATCH /v2/sharedkeys/{sharedkey_id}."""

    expiry: int = Field(default=UNLIMITED, ge=UNLIMITED)
    """In how many days it ends; -1: never."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ExpiryStrSharedKeyDetailsResponse]:
        return ExpiryStrSharedKeyDetailsResponse


class SharedKeyDeleteResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A shared key was deleted: 200 of DELETE /v2/sharedkeys/{sharedkey_id}."""


class SharedKeyDeleteRequest(
    BaseAIHordeRequest,
    MessageSpecifiesSharedKeyMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_sharedkeys,
):
    """Delete a shared key; what is left of its kudos stays with its owner: DELETE /v2/sharedkeys/{sharedkey_id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[SharedKeyDeleteResponse]:
        return SharedKeyDeleteResponse
