"""Bans of workers: /v2/operations/bans, and a worker's deletion that bans. OpenHorde only."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.workers.workers import DeleteWorkerResponse
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.request_parts import AuditReasonMixin
from horde_sdk.moderation.paths import MODERATION_ENDPOINT_SUBPATH


@Unhashable
@Unequatable
class BanDetails(HordeResponseBaseModel, api_name="BanDetails"):
    """A ban: 200 of POST /v2/operations/bans."""

    id_: int = Field(alias="id")
    """Its number."""
    account: int | None = None
    """Whose workers may not serve, by the number of the account."""
    worker_name: str | None = None
    """Or the name of the worker, in the form in which names are compared."""
    ipaddr: str | None = None
    """Or the network it may not serve from."""
    reason: str | None = None
    """Why; told to who is banned."""
    by: int | None = None
    """The account that banned."""
    created: datetime
    """Since when."""
    ends: datetime | None = None
    """Until when; None: for good."""
    lifted: datetime | None = None
    """When it was lifted."""
    is_in_force: bool
    """Whether it holds."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"ipaddr"}


@Unhashable
@Unequatable
class BanListResponse(HordeResponseRootModel[list[BanDetails]], api_name=_ANONYMOUS_MODEL):
    """Bans, the newest first: 200 of GET /v2/operations/bans."""


class BanListRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_bans,
):
    """Ask who may not serve: GET /v2/operations/bans. For moderators."""

    past: bool = False
    """Those that are over or were lifted too."""
    before: int | None = Field(default=None, ge=1)
    """Only bans older than this one: the id of the last one known."""
    limit: int = Field(default=100, ge=1, le=1000)
    """So many at most."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["past", "before", "limit"]

    @classmethod
    def get_default_success_response_type(cls) -> type[BanListResponse]:
        return BanListResponse


class BanRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.POST,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_bans,
    api_name="BanInput",
):
    """Ban one of three from serving: POST /v2/operations/bans. For moderators."""

    user: str | None = Field(default=None, max_length=200)
    """An account, by its alias or its number."""
    worker_name: str | None = Field(default=None, max_length=100)
    """A worker's name, in any case or width."""
    ipaddr: str | None = Field(default=None, max_length=43)
    """An address or a block."""
    days: int | None = Field(default=None, ge=1, le=3650)
    """For so long; None: for good."""
    reason: str | None = Field(default=None, max_length=500)
    """Why; told to who is banned."""

    @classmethod
    def get_default_success_response_type(cls) -> type[BanDetails]:
        return BanDetails


class LiftBanResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A ban is lifted: 200 of DELETE /v2/operations/bans/{ban_id}."""


class LiftBanRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.DELETE,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_bans_single,
):
    """Lift a ban: DELETE /v2/operations/bans/{ban_id}. For moderators."""

    ban_id: int
    """Its number."""

    @classmethod
    def get_default_success_response_type(cls) -> type[LiftBanResponse]:
        return LiftBanResponse


class DeleteAndBanWorkerRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.DELETE,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_workers_single,
):
    """Delete a worker, and have it not come back: DELETE /v2/workers/{worker_id}. For moderators."""

    worker_id: str
    """The worker."""
    ban: Literal["owner", "name", "address"]
    """What the ban goes by."""
    ban_days: int | None = Field(default=None, ge=1, le=3650)
    """For so long; None: for good."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["ban", "ban_days"]

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteWorkerResponse]:
        return DeleteWorkerResponse
