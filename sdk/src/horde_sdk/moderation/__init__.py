"""Moderating an OpenHorde: the audit trail, bans, suspicions, reports of results, many requests at once.

What every AI Horde has for moderators (filters, time-outs of addresses, modes) is among the models of its API.
"""

from typing import TYPE_CHECKING

from horde_sdk._lazy_exports import lazy_exports

if TYPE_CHECKING:
    from horde_sdk.moderation.audit import (
        AuditEntry as AuditEntry,
        AuditTrailRequest as AuditTrailRequest,
        AuditTrailResponse as AuditTrailResponse,
        OwnAuditEntry as OwnAuditEntry,
        OwnAuditTrailRequest as OwnAuditTrailRequest,
        OwnAuditTrailResponse as OwnAuditTrailResponse,
        UndoRequest as UndoRequest,
    )
    from horde_sdk.moderation.bans import (
        BanDetails as BanDetails,
        BanListRequest as BanListRequest,
        BanListResponse as BanListResponse,
        BanRequest as BanRequest,
        DeleteAndBanWorkerRequest as DeleteAndBanWorkerRequest,
        LiftBanRequest as LiftBanRequest,
        LiftBanResponse as LiftBanResponse,
    )
    from horde_sdk.moderation.operations import (
        CancelRequestsRequest as CancelRequestsRequest,
        CancelRequestsResponse as CancelRequestsResponse,
        Suspected as Suspected,
        SuspicionListRequest as SuspicionListRequest,
        SuspicionListResponse as SuspicionListResponse,
        Timeout as Timeout,
        TimeoutListRequest as TimeoutListRequest,
        TimeoutListResponse as TimeoutListResponse,
    )
    from horde_sdk.moderation.reports import (
        REPORT_REASON as REPORT_REASON,
        REPORT_STATE as REPORT_STATE,
        DecideReportRequest as DecideReportRequest,
        DecideReportResponse as DecideReportResponse,
        ReportListRequest as ReportListRequest,
        ReportListResponse as ReportListResponse,
        ReportResultRequest as ReportResultRequest,
        ReportResultResponse as ReportResultResponse,
        ResultReport as ResultReport,
    )

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "horde_sdk.moderation.audit": """
            AuditEntry AuditTrailRequest AuditTrailResponse OwnAuditEntry OwnAuditTrailRequest OwnAuditTrailResponse
            UndoRequest
        """,
        "horde_sdk.moderation.bans": """
            BanDetails BanListRequest BanListResponse BanRequest DeleteAndBanWorkerRequest LiftBanRequest
            LiftBanResponse
        """,
        "horde_sdk.moderation.operations": """
            CancelRequestsRequest CancelRequestsResponse Suspected SuspicionListRequest SuspicionListResponse Timeout
            TimeoutListRequest TimeoutListResponse
        """,
        "horde_sdk.moderation.reports": """
            DecideReportRequest DecideReportResponse REPORT_REASON REPORT_STATE ReportListRequest ReportListResponse
            ReportResultRequest ReportResultResponse ResultReport
        """,
    },
)
