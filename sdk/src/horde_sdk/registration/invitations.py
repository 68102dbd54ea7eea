"""/v2/invitations…: codes that let others register. For moderators."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeResponseBaseModel,
    HordeResponseRootModel,
    HordeResponseTypes,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.registration.paths import REGISTRATION_ENDPOINT_SUBPATH


@Unhashable
@Unequatable
class InvitationDetails(HordeResponseBaseModel, api_name="InvitationDetails"):
    """An invitation: 201 of POST /v2/invitations."""

    id_: str = Field(alias="id")
    """Its id."""
    code: str = Field(default="", repr=False)
    """What to give to who is invited: told only in the answer that made it."""
    made_by: int | None = None
    """The account that made it; none: the command line."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime
    """When it ends."""
    uses: int
    """How many may register by it."""
    used: int
    """How many have."""
    is_good: bool
    """Whether somebody still can."""
    revoked: bool
    """Whether it was ended early."""
    note: str
    """What it is for."""
    roles: list[str]
    """Roles of who comes by it."""
    kudos: int
    """Kudos of who comes by it."""
    concurrency: int | None = None
    """How much who comes by it may ask for at a time, where that was said."""
    worker_invited: int
    """How many workers who comes by it may have in invite-only mode."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return {"code"}


@Unhashable
@Unequatable
class InvitationCreateRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_invitations,
    api_name="InvitationInput",
):
    """Make an invitation: POST /v2/invitations."""

    uses: int = Field(ge=1, le=1000)
    """How many may register by it."""
    lasts_s: int = Field(default=604_800, ge=60, le=31_536_000)
    """For how many seconds it is good."""
    note: str = ""
    """What it is for; for moderators."""
    roles: list[str] = Field(default_factory=list)
    """Roles of who comes by it."""
    kudos: int = Field(default=0, ge=0)
    """Kudos of who comes by it; by administrators."""
    concurrency: int | None = Field(default=None, ge=0, le=500)
    """How much who comes by it may ask for at a time."""
    worker_invited: int = Field(default=0, ge=0)
    """How many workers who comes by it may have in invite-only mode."""

    @classmethod
    def get_default_success_response_type(cls) -> type[InvitationDetails]:
        return InvitationDetails

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {HTTPStatusCode.CREATED: InvitationDetails}


@Unhashable
@Unequatable
class InvitationsResponse(HordeResponseRootModel[list[InvitationDetails]], api_name=_ANONYMOUS_MODEL):
    """Invitations, the newest first: 200 of GET /v2/invitations."""


class InvitationsRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_invitations,
):
    """Ask for the invitations, fifty a page: GET /v2/invitations."""

    page: int = Field(default=1, ge=1, le=200)
    """Which page."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["page"]

    @classmethod
    def get_default_success_response_type(cls) -> type[InvitationsResponse]:
        return InvitationsResponse


class InvitationRevokeResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """An invitation was ended: 200 of DELETE /v2/invitations/{invitation_id}."""


class InvitationRevokeRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=REGISTRATION_ENDPOINT_SUBPATH.v2_invitations_single,
):
    """End an invitation: DELETE /v2/invitations/{invitation_id}."""

    invitation_id: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[InvitationRevokeResponse]:
        return InvitationRevokeResponse
