"""/v2/users…: who belongs to this horde, and what moderators and users themselves change."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.user_details import (
    ActiveGenerations,
    ContributionsDetails,
    MonthlyKudos,
    UsageDetails,
    UserAmountRecords,
    UserDetailsResponse,
    UserKudosDetails,
    UserRecords,
    UserThingRecords,
)
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
    MessageSpecifiesUserIDMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.request_parts import AuditReasonMixin

__all__ = [
    "ActiveGenerations",
    "ContributionsDetails",
    "DeleteUserRequest",
    "DeleteUserResponse",
    "ListUsersDetailsRequest",
    "ListUsersDetailsResponse",
    "ModifyUser",
    "ModifyUserReply",
    "ModifyUserRequest",
    "ModifyUserResponse",
    "MonthlyKudos",
    "SingleUserDetailsRequest",
    "UsageDetails",
    "UserAmountRecords",
    "UserDetailsResponse",
    "UserKudosDetails",
    "UserRecords",
    "UserThingRecords",
    "_ModifyUserBase",
]


@Unhashable
@Unequatable
class ListUsersDetailsResponse(HordeResponseRootModel[list[UserDetailsResponse]], api_name=_ANONYMOUS_MODEL):
    """A page of users: 200 of GET /v2/users."""


class ListUsersDetailsRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_users_all,
):
    """Ask for the users, 25 a page: GET /v2/users."""

    page: int = 1
    """Which page, from 1."""
    sort: str = "kudos"
    """Richest (`kudos`) or oldest (`age`) first."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["page", "sort"]

    @classmethod
    def get_default_success_response_type(cls) -> type[ListUsersDetailsResponse]:
        return ListUsersDetailsResponse


class SingleUserDetailsRequest(
    BaseAIHordeRequest,
    MessageSpecifiesUserIDMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_users_single,
):
    """Ask about a user: GET /v2/users/{user_id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[UserDetailsResponse]:
        return UserDetailsResponse


class _ModifyUserBase(HordeAPIObjectBaseModel):
    """What can be changed about a user and is told as it is then."""

    admin_comment: str | None = None
    """What admins remember of the user."""
    concurrency: int | None = None
    """How many results the user may wait for at once."""
    contact: str | None = Field(default=None, repr=False)
    """How to reach the user."""
    customizer: bool | None = None
    """Whether the user may use unknown models, and make styles."""
    education: bool | None = None
    """Whether the account is for education."""
    filtered: bool | None = None
    """Whether the user's prompts are always filtered."""
    flagged: bool | None = None
    """Whether moderators watch the user."""
    model_aliases: dict[str, str] | None = None
    """What the user calls models, in dialects of other APIs. OpenHorde only."""
    moderator: bool | None = None
    """Whether the user is a moderator."""
    monthly_kudos: int | None = None
    """How many kudos the user is given more, or fewer, each month."""
    public_workers: bool | None = None
    """Whether everybody sees whose the user's workers are."""
    service: bool | None = None
    """Whether the account stands for a service with users of its own."""
    special: bool | None = None
    """Whether the user may ask for special models."""
    trusted: bool | None = None
    """Whether the user is trusted."""
    usage_multiplier: float | None = None
    """How many times as much the user pays."""
    username: str | None = None
    """The user's name, without the number."""
    vpn: bool | None = None
    """Whether the user's workers may come through a VPN."""
    worker_invited: int | None = None
    """How many workers the user may have while the horde is invite-only."""


class ModifyUser(_ModifyUserBase):
    """What is to be changed about a user."""

    admin_comment: str | None = Field(default=None, min_length=5, max_length=500)
    """What admins remember of the user."""
    concurrency: int | None = Field(default=None, ge=0, le=500)
    """How many results the user may wait for at once."""
    contact: str | None = Field(default=None, min_length=5, max_length=500, repr=False)
    """How to reach the user."""
    usage_multiplier: float | None = Field(default=None, ge=0.1, le=10.0)
    """How many times as much the user pays."""
    username: str | None = Field(default=None, min_length=3, max_length=100)
    """The user's name, without the number."""
    kudos: float | None = None
    """How many kudos the user gets, or loses."""
    reset_suspicion: bool | None = None
    """Forget all suspicions."""
    undelete: bool | None = None
    """Take the deletion of the account back."""
    generate_proxy_passkey: bool | None = None
    """Make a service account's passkey anew."""


class ModifyUserReply(_ModifyUserBase):
    """What was changed about a user."""

    new_kudos: float | None = None
    """What the user has now."""
    new_suspicion: int | None = None
    """How many suspicions there are now."""
    undeleted: bool | None = None
    """Whether the deletion was taken back."""
    proxy_passkey: str | None = Field(default=None, repr=False)
    """The passkey that was made."""


class ModifyUserResponse(HordeResponseBaseModel, ModifyUserReply, api_name="ModifyUser"):
    """A user was changed: 200 of PUT /v2/users/{user_id}."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"contact", "proxy_passkey"}


class ModifyUserRequest(
    BaseAIHordeRequest,
    MessageSpecifiesUserIDMixin,
    ModifyUser,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.PUT,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_users_single,
    api_name="ModifyUserInput",
):
    """Change a user; what is left out stays as it is: PUT /v2/users/{user_id}. Most of it is for moderators."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyUserResponse]:
        return ModifyUserResponse


class DeleteUserResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A user was deleted, or is to be: 200 of DELETE /v2/users/{user_id}."""


class DeleteUserRequest(
    BaseAIHordeRequest,
    MessageSpecifiesUserIDMixin,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_users_single,
):
    """Delete a user: the user's own account, or any as a moderator: DELETE /v2/users/{user_id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteUserResponse]:
        return DeleteUserResponse
