"""Lists of suspicions and time-outs, and cancelling many requests: /v2/operations/…. OpenHorde only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.request_parts import AuditReasonMixin
from horde_sdk.moderation.paths import MODERATION_ENDPOINT_SUBPATH


class Suspected(HordeAPIObjectBaseModel, api_name="Suspected"):
    """An account or a worker against which something is noted."""

    id_: str = Field(alias="id")
    """Its id."""
    name: str
    """The alias of the account, or the worker's name."""
    owner: str | None = None
    """Of a worker: whose it is."""
    count: int
    """How much is noted."""
    reasons: dict[str, int]
    """What, and how often."""
    trusted: bool
    """Whether the account, or the owner, is trusted, and so beyond it."""
    paused: bool | None = None
    """Of a worker: whether it gets no jobs."""
    paused_reason: str | None = None
    """And why, where a moderator said so."""


@Unhashable
@Unequatable
class SuspicionListResponse(HordeResponseRootModel[list[Suspected]], api_name=_ANONYMOUS_MODEL):
    """Who is suspected: 200 of GET /v2/operations/suspicions."""


class SuspicionListRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_suspicions,
):
    """Ask who is suspected: GET /v2/operations/suspicions. For moderators."""

    of: Literal["accounts", "workers"] = "accounts"
    """Of these."""
    at_least: int = Field(default=1, ge=1, le=100)
    """With so much noted."""
    after: str | None = Field(default=None, max_length=36)
    """Those behind the one with this id: the last one known."""
    limit: int = Field(default=50, ge=1, le=100)
    """So many at most."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["of", "at_least", "after", "limit"]

    @classmethod
    def get_default_success_response_type(cls) -> type[SuspicionListResponse]:
        return SuspicionListResponse


class Timeout(HordeAPIObjectBaseModel, api_name="IPTimeout"):
    """A time-out of an address, a block or an account."""

    id_: int = Field(alias="id")
    """The number by which the audit trail names it."""
    ipaddr: str
    """The address or block; empty for an account."""
    account: int | None = None
    """The account that was struck in the place of an address."""
    seconds: int
    """How long it still lasts."""
    strikes: int
    """Refused prompts in a row."""


@Unhashable
@Unequatable
class TimeoutListResponse(HordeResponseRootModel[list[Timeout]], api_name=_ANONYMOUS_MODEL):
    """All time-outs: 200 of GET /v2/operations/ipaddr with `all`."""


class TimeoutListRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_ipaddr,
):
    """Ask for all time-outs, single addresses too: GET /v2/operations/ipaddr?all=true. For moderators."""

    all_: Literal[True] = True
    """Not only blocks, as on other AI Hordes."""
    after: int = Field(default=0, ge=0)
    """Those behind the one with this number: the last one known."""
    limit: int = Field(default=100, ge=1, le=1000)
    """So many at most."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["all_", "after", "limit"]

    @classmethod
    def get_default_success_response_type(cls) -> type[TimeoutListResponse]:
        return TimeoutListResponse


@Unhashable
@Unequatable
class CancelRequestsResponse(HordeResponseBaseModel, api_name="CancelledRequests"):
    """What was cancelled: 200 of DELETE /v2/operations/requests."""

    requests: int
    """So many requests."""
    jobs: int
    """Jobs of theirs that waited."""
    dry_run: bool
    """Whether it was only counted."""


class CancelRequestsRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.DELETE,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_requests,
):
    """Cancel what waits of all requests that fit what is named: DELETE /v2/operations/requests. For moderators."""

    user: str | None = Field(default=None, max_length=200)
    """Of this account, by its alias or its number; Anonymous is 0."""
    ipaddr: str | None = Field(default=None, max_length=43)
    """From this address or block."""
    model: str | None = Field(default=None, max_length=255)
    """That name this model, or are this form."""
    dry_run: bool = False
    """Only count."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["user", "ipaddr", "model", "dry_run"]

    @classmethod
    def get_default_success_response_type(cls) -> type[CancelRequestsResponse]:
        return CancelRequestsResponse
