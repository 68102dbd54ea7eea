"""Reports of results: /v2/generate/report/{id}, /v2/operations/reports. OpenHorde only."""

from __future__ import annotations

from datetime import datetime
from enum import auto

from pydantic import Field

from horde_sdk._text_enum import TextEnum
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
from horde_sdk.generic_api.request_parts import AuditReasonMixin
from horde_sdk.moderation.paths import MODERATION_ENDPOINT_SUBPATH


class REPORT_REASON(TextEnum):
    """What is wrong with a result."""

    illegal = auto()
    """It shows what nobody may."""
    censored = auto()
    """It was withheld without need."""
    unrelated = auto()
    """It has nothing to do with what was asked for."""
    broken = auto()
    """It is black, noise, garbled."""
    other = auto()
    """Anything else: say what in the text."""


class REPORT_STATE(TextEnum):
    """What became of a report."""

    open = auto()
    upheld = auto()
    rejected = auto()


class ReportResultResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A report was taken: 200 of POST /v2/generate/report/{id}."""


class ReportResultRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.POST,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_generate_report,
    api_name="ResultReportInput",
):
    """Report a result to the horde's moderators; a second report changes nothing: POST /v2/generate/report/{id}."""

    id_: str = Field(alias="id")
    """The request it is a result of."""
    generation: str = Field(min_length=1, max_length=100)
    """The id of the generation; of alchemy the name of the form."""
    reason: REPORT_REASON
    """What is wrong with it."""
    text: str | None = Field(default=None, max_length=1000)
    """In words."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ReportResultResponse]:
        return ReportResultResponse


class ResultReport(HordeAPIObjectBaseModel, api_name="ResultReport"):
    """A report as moderators see it. Who reported nobody can tell."""

    id_: int = Field(alias="id")
    """Its number."""
    created: datetime
    """When it came."""
    kind: str
    """`image`, `text` or `interrogation`."""
    request: str
    """The request."""
    generation: str
    """The result."""
    model: str
    """The model it was made with, or the form."""
    worker: str
    """Who made it."""
    worker_name: str | None = None
    """Its name, while it is there."""
    owner: int
    """Whose worker it is, by the number of the account."""
    requester: int
    """Who asked, by the number of the account."""
    reason: REPORT_REASON | str
    """What is wrong."""
    text: str | None = None
    """In words."""
    state: REPORT_STATE | str
    """What became of it."""
    decided: datetime | None = None
    """When."""
    decided_by: int | None = None
    """By which account."""


@Unhashable
@Unequatable
class ReportListResponse(HordeResponseRootModel[list[ResultReport]], api_name=_ANONYMOUS_MODEL):
    """Reports, the newest first: 200 of GET /v2/operations/reports."""


class ReportListRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_reports,
):
    """Ask for reports: GET /v2/operations/reports. For moderators."""

    state: str = "open"
    """Those in this state, or `all`."""
    worker: str | None = Field(default=None, max_length=36)
    """Only about this worker."""
    before: int | None = Field(default=None, ge=1)
    """Only reports older than this one: the id of the last one known."""
    limit: int = Field(default=50, ge=1, le=100)
    """So many at most."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["state", "worker", "before", "limit"]

    @classmethod
    def get_default_success_response_type(cls) -> type[ReportListResponse]:
        return ReportListResponse


@Unhashable
@Unequatable
class DecideReportResponse(HordeResponseBaseModel, api_name="DecidedReport"):
    """What was decided: 200 of POST /v2/operations/reports/{report_id}."""

    state: REPORT_STATE | str
    """Upheld or rejected."""
    suspicion_noted: bool
    """Whether it was noted: nothing is against trusted owners."""
    note_kept: bool
    """Whether the worker is still there to have the note."""


class DecideReportRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.POST,
    endpoint=MODERATION_ENDPOINT_SUBPATH.v2_operations_reports_single,
    api_name="ResultReportDecision",
):
    """Uphold or reject a report: POST /v2/operations/reports/{report_id}. For moderators."""

    report_id: int
    """Its number."""
    state: REPORT_STATE
    """Upheld or rejected."""
    suspicion: bool | None = None
    """Upheld: note a suspicion against the worker and its owner."""
    note: str | None = Field(default=None, max_length=1000)
    """Upheld: what moderators are to remember of the worker."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DecideReportResponse]:
        return DecideReportResponse
