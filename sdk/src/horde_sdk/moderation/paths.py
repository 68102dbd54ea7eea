"""The paths of moderation that OpenHorde has and other AI Hordes lack."""

from __future__ import annotations

from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH


class MODERATION_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths of moderation."""

    v2_audit = "/v2/audit"
    v2_operations_audit = "/v2/operations/audit"
    v2_operations_audit_undo = "/v2/operations/audit/{entry_id}/undo"
    v2_operations_bans = "/v2/operations/bans"
    v2_operations_bans_single = "/v2/operations/bans/{ban_id}"
    v2_operations_ipaddr = "/v2/operations/ipaddr"
    v2_operations_reports = "/v2/operations/reports"
    v2_operations_reports_single = "/v2/operations/reports/{report_id}"
    v2_operations_requests = "/v2/operations/requests"
    v2_operations_suspicions = "/v2/operations/suspicions"
    v2_generate_report = "/v2/generate/report/{id}"
    v2_workers_single = "/v2/workers/{worker_id}"
