"""The audit trail: /v2/operations/audit, /v2/audit. OpenHorde only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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


class AuditSubject(HordeAPIObjectBaseModel, api_name="AuditSubject"):
    """What was changed."""

    kind: str
    """Such as `worker`, `filter`, `account`."""
    id_: str = Field(alias="id")
    """Its id."""


class _Told(HordeResponseBaseModel):
    id_: int = Field(alias="id")
    """The entry's number."""
    created: datetime
    """When it was changed."""
    action: str
    """What was done, such as `worker.change`."""
    subject: AuditSubject
    """To what."""
    old: dict[str, Any]
    """What changed, as it was."""
    new: dict[str, Any]
    """As it is since then."""
    reason: str | None = None
    """Why, where somebody said so."""
    key: int | None = None
    """The number of the key it was done with."""


@Unhashable
@Unequatable
class AuditEntry(_Told, api_name="AuditEntry"):
    """An entry as moderators see it: also 200 of POST /v2/operations/audit/{entry_id}/undo."""

    via: str
    """`api`, `command_line`, or `horde`: by itself."""
    actor: str | None = None
    """The alias of who did it."""
    concerns: int | None = None
    """The account that may read it as its own."""
    undone_by: int | None = None
    """The entry that undid it."""
    is_undoable: bool
    """Whether it can be undone."""


@Unhashable
@Unequatable
class AuditTrailResponse(HordeResponseRootModel[list[AuditEntry]], api_name=_ANONYMOUS_MODEL):
    """Entries, the newest first: 200 of GET /v2/operations/audit."""


class AuditTrailRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_audit,
):
    """Ask what was changed that needs a right: GET /v2/operations/audit. For moderators."""

    action: str | None = Field(default=None, max_length=60)
    """Only this action."""
    subject_kind: str | None = Field(default=None, max_length=30)
    """Only about things of this kind."""
    subject_id: str | None = Field(default=None, max_length=300)
    """Only about the one with this id."""
    actor: int | None = Field(default=None, ge=0)
    """Only what this account did."""
    concerns: int | None = Field(default=None, ge=0)
    """Only what concerns this account."""
    since: datetime | None = None
    """Not what is older; with its time zone."""
    until: datetime | None = None
    """Not what is newer; with its time zone."""
    before: int | None = Field(default=None, ge=1)
    """Only entries older than this one: the id of the last one known."""
    limit: int = Field(default=50, ge=1, le=100)
    """So many at most."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["action", "subject_kind", "subject_id", "actor", "concerns", "since", "until", "before", "limit"]

    @classmethod
    def get_default_success_response_type(cls) -> type[AuditTrailResponse]:
        return AuditTrailResponse


class UndoRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.POST,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_audit_undo,
):
    """Put back what was there before an entry: POST /v2/operations/audit/{entry_id}/undo. For moderators."""

    entry_id: int
    """The number of the entry."""

    @classmethod
    def get_default_success_response_type(cls) -> type[AuditEntry]:
        return AuditEntry


@Unhashable
@Unequatable
class OwnAuditEntry(_Told, api_name="OwnAuditEntry"):
    """An entry as the user sees it whom it concerns."""

    by: str
    """`you`, `a moderator`, `the operator` or `the horde`."""


@Unhashable
@Unequatable
class OwnAuditTrailResponse(HordeResponseRootModel[list[OwnAuditEntry]], api_name=_ANONYMOUS_MODEL):
    """What concerns you, the newest first: 200 of GET /v2/audit."""


class OwnAuditTrailRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_audit,
):
    """Ask what was changed of your account and your workers: GET /v2/audit."""

    before: int | None = Field(default=None, ge=1)
    """Only entries older than this one: the id of the last one known."""
    limit: int = Field(default=50, ge=1, le=100)
    """So many at most."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["before", "limit"]

    @classmethod
    def get_default_success_response_type(cls) -> type[OwnAuditTrailResponse]:
        return OwnAuditTrailResponse
