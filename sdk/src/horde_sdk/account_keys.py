"""/v2/keys…: the API keys that you have for yourself. OpenHorde only.

Not among the models of the AI Horde API: tools of the published library take those for what every AI Horde has.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH

NO_LIMIT = -1
"""Says of a limit that there is none."""


class KEYS_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths that OpenHorde has and other AI Hordes lack."""

    v2_keys = "/v2/keys"
    v2_key = "/v2/keys/{key_id}"
    v2_key_rotate = "/v2/keys/{key_id}/rotate"


class _KeyDetails(HordeAPIObjectBaseModel):
    id_: int = Field(alias="id")
    """Its number."""
    name: str
    """What you call it."""
    scopes: list[str]
    """What it is for: `full`, `ask`, `work`, `read`."""
    created: datetime
    last_used: datetime | None = None
    """To the minute."""
    expires: datetime | None = None
    old_key_until: datetime | None = None
    """So long the key is good, too, that it was before it was rotated."""
    spent: float
    """Kudos that were charged to it so far."""
    spent_today: float
    kudos: float | None = None
    """What it may still spend; None: no limit."""
    daily_kudos: int | None = None
    """What it may spend on a day (UTC); None: no limit."""
    models: list[str] = Field(default_factory=list)
    """That it may ask for; none: all."""
    networks: list[str] = Field(default_factory=list)
    """From which it may be used; none: all."""
    this_one: bool = False
    """Whether it is the key that asked."""


@Unhashable
@Unequatable
class KeyDetails(_KeyDetails):
    """One of your keys."""


@Unhashable
@Unequatable
class KeysResponse(HordeResponseBaseModel, api_name="Keys"):
    """Your keys, the oldest first: 200 of GET /v2/keys."""

    keys: list[KeyDetails]


@Unhashable
@Unequatable
class KeyDetailsResponse(HordeResponseBaseModel, _KeyDetails, api_name="KeyDetails"):
    """A key as it is now: 200 of PATCH /v2/keys/{key_id}."""


@Unhashable
@Unequatable
class KeyMadeResponse(HordeResponseBaseModel, _KeyDetails, api_name="KeyMade"):
    """A key that was just made or rotated: 200 of POST /v2/keys, 200 of POST /v2/keys/{key_id}/rotate."""

    api_key: str = Field(repr=False)
    """The key itself, shown only now."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return {"api_key"}


class KeyRevokedResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A key has ended: 200 of DELETE /v2/keys/{key_id}."""


class _AboutOneKey(BaseAIHordeRequest, APIKeyAllowedInRequestMixin):
    key_id: int
    """The number of the key, as `KeysRequest` tells it."""


class KeysRequest(
    BaseAIHordeRequest, APIKeyAllowedInRequestMixin, method=HTTPMethod.GET, endpoint=KEYS_ENDPOINT_SUBPATH.v2_keys
):
    """Ask for your keys; the keys themselves are never told: GET /v2/keys."""

    @classmethod
    def get_default_success_response_type(cls) -> type[KeysResponse]:
        return KeysResponse


@Unhashable
@Unequatable
class KeyCreateRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=KEYS_ENDPOINT_SUBPATH.v2_keys,
    api_name="KeyInput",
):
    """Make one more key: POST /v2/keys."""

    name: str
    scopes: list[str]
    """What it is for: `full`, `ask`, `work`, `read`."""
    expires_in_hours: int = NO_LIMIT
    kudos: int = NO_LIMIT
    """What it may spend in all."""
    daily_kudos: int = NO_LIMIT
    """What it may spend on a day (UTC)."""
    models: list[str] = Field(default_factory=list)
    """That it may ask for; none: all."""
    networks: list[str] = Field(default_factory=list)
    """From which it may be used; none: all."""

    @classmethod
    def get_default_success_response_type(cls) -> type[KeyMadeResponse]:
        return KeyMadeResponse


@Unhashable
@Unequatable
class KeyChangeRequest(
    _AboutOneKey, method=HTTPMethod.PATCH, endpoint=KEYS_ENDPOINT_SUBPATH.v2_key, api_name="KeyChange"
):
    """Change a key; what is left out stays as it is: PATCH /v2/keys/{key_id}."""

    name: str | None = None
    scopes: list[str] | None = None
    expires_in_hours: int | None = None
    kudos: int | None = None
    """What it may spend from now on."""
    daily_kudos: int | None = None
    models: list[str] | None = None
    networks: list[str] | None = None

    @classmethod
    def get_default_success_response_type(cls) -> type[KeyDetailsResponse]:
        return KeyDetailsResponse


@Unhashable
@Unequatable
class KeyRotateRequest(
    _AboutOneKey, method=HTTPMethod.POST, endpoint=KEYS_ENDPOINT_SUBPATH.v2_key_rotate, api_name="KeyRotation"
):
    """Replace a key by another; its limits and what it spent stay: POST /v2/keys/{key_id}/rotate."""

    overlap_hours: int
    """So long the key before is good, too; 0: it ends at once."""

    @classmethod
    def get_default_success_response_type(cls) -> type[KeyMadeResponse]:
        return KeyMadeResponse


class KeyRevokeRequest(_AboutOneKey, method=HTTPMethod.DELETE, endpoint=KEYS_ENDPOINT_SUBPATH.v2_key):
    """End a key at once: DELETE /v2/keys/{key_id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[KeyRevokedResponse]:
        return KeyRevokedResponse
