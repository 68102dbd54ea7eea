"""`/generate/report/{id}`, `/operations/reports`: reports of results (moderation.md §9): parse, call, answer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request, Response

from horde_server.audit.trail import actor_of
from horde_server.errors import BadRequest, RequestNotFound
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id, RequestId
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.reports.answers import DecidedReport, ResultReport
from horde_server.moderation.reports.schemas import Decision, NewReport
from horde_server.moderation.reports.service import ReportNotFound, ResultReports

_encode = msgspec.json.Encoder().encode
_INT64_MAX = 2**63 - 1


def routes(reports: ResultReports, door: Door) -> APIRouter:
    """Reporting for everybody, deciding for moderators."""
    router = door.router("/api/v2", tags=["v2"])

    @router.post(
        "/generate/report/{id}",
        right=Right.ANYBODY,
        operation_id="post_result_report",
        response_model=SimpleResponse,
        responses=refusals(404, 413),
        openapi_extra=body_documentation(NewReport),
    )
    async def report(request: Request, body: NewReport, request_id: RequestId) -> Response:
        """Report a result of a request of any kind to this horde's moderators; a second report changes nothing."""
        try:
            found = UUID(request_id)
        except ValueError:
            raise RequestNotFound from None
        await reports.report(found, body, request.scope["state"]["client_address"])
        return json_response(b'{"message":"OK"}')

    @router.get(
        "/operations/reports",
        right=Right.MODERATE,
        operation_id="get_operations_reports",
        response_model=list[ResultReport],
        responses=refusals(401, 403),
    )
    async def listed(
        state: Annotated[str, Query(max_length=8, pattern="^(open|upheld|rejected|all)$")] = "open",
        worker: Annotated[str | None, Query(max_length=36)] = None,
        before: Annotated[int | None, Query(ge=1, le=_INT64_MAX)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Response:
        """Reports, the newest first; the next page is `before` the last one's id."""
        try:
            worker_id = UUID(worker) if worker else None
        except ValueError:
            raise BadRequest("`worker` is the id of a worker.") from None
        wanted = None if state == "all" else state
        found = await reports.listed(state=wanted, worker_id=worker_id, before=before, limit=limit)
        return json_response(_encode(found))

    @router.post(
        "/operations/reports/{report_id}",
        right=Right.MODERATE,
        operation_id="post_operations_report",
        response_model=DecidedReport,
        responses=refusals(401, 403, 404, 409, 413),
        openapi_extra=body_documentation(Decision),
    )
    async def decide(caller: Caller, body: Decision, report_id: Id) -> Response:
        """Uphold a report, perhaps with a suspicion against its worker or a note on it, or reject it."""
        return json_response(_encode(await reports.decide(_number(report_id), body, actor_of(caller))))

    return router.api


def _number(text: str) -> int:
    """The number of a report; what cannot be one names none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _INT64_MAX):
        raise ReportNotFound
    return int(text)
