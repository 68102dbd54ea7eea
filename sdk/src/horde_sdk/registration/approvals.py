"""/v2/operations/registrations…: accounts that wait to be approved. For moderators."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.registration.paths import REGISTRATION_ENDPOINT_SUBPATH


class WaitingRegistration(HordeAPIObjectBaseModel, api_name="WaitingRegistration"):
    """An account that waits for a moderator."""

    id_: int = Field(alias="id")
    """Its number."""
    username: str
    """Its name."""
    alias: str
    """Its unique name, `name#number`."""
    created_at: datetime
    """When it was made."""
    way: str
    """`pseudonymous`, or the provider who vouches for it."""


@Unhashable
@Unequatable
class WaitingRegistrationsResponse(HordeResponseRootModel[list[WaitingRegistration]], api_name=_ANONYMOUS_MODEL):
    """Accounts that wait, the oldest first: 200 of GET /v2/operations/registrations."""


class WaitingRegistrationsRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_operations_registrations,
):
    """Ask who waits to be approved, fifty a page: GET /v2/operations/registrations."""

    page: int = Field(default=1, ge=1, le=200)
    """Which page."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["page"]

    @classmethod
    def get_default_success_response_type(cls) -> type[WaitingRegistrationsResponse]:
        return WaitingRegistrationsResponse


class RegistrationDecisionResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """It is decided: 200 of POST /v2/operations/registrations/{user_id}."""


class RegistrationDecisionRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_operations_registrations_single,
    api_name="RegistrationDecision",
):
    """Approve or refuse an account that waits: POST /v2/operations/registrations/{user_id}."""

    user_id: str
    """Its number."""
    approve: bool
    """Whether it may ask and serve from now on; refused, its keys end."""
    reason: str = ""
    """Why; the user may read it."""

    @classmethod
    def get_default_success_response_type(cls) -> type[RegistrationDecisionResponse]:
        return RegistrationDecisionResponse
