"""Reports of results (moderation.md §9): whoever knows a request says what is wrong with one of its results.

A household reports a result once, and no more than twenty a day; who it was nobody can read from what is kept. What
follows is a moderator's decision.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

import structlog

from horde_server.audit.trail import Actor, record, subject
from horde_server.database.pool import Pool
from horde_server.errors import HordeError
from horde_server.http.networks import household
from horde_server.moderation import store as suspicion_store
from horde_server.moderation.reports import store
from horde_server.moderation.reports.schemas import Decision, NewReport
from horde_server.moderation.reports.store import Report
from horde_server.moderation.suspicion import Suspicion

log = structlog.get_logger(__name__)


class GenerationNotFound(HordeError):
    """This request has no such result: send the `id` of one of its generations, of alchemy the name of a form."""

    status, rc = 404, "GenerationNotFound"


class TooManyReports(HordeError):
    """Twenty reports a day are taken from one address: please come back tomorrow."""

    status, rc = 429, "TooManyReports"


class ReportNotFound(HordeError):
    """There is no such report."""

    status, rc = 404, "ReportNotFound"


class ReportDecided(HordeError):
    """This report was decided already."""

    status, rc = 409, "ReportDecided"


class ResultReports:
    """All reports of the horde."""

    def __init__(self, pool: Pool, salt: bytes, announce: Callable[[str, Collection[str]], Awaitable[None]]) -> None:
        """`salt`: keeps households from being guessed; `announce`: lets all nodes know of workers that changed."""
        self._pool = pool
        self._salt = salt
        self._announce = announce

    async def report(self, request_id: UUID, new: NewReport, address: str) -> None:
        """Take a report. Raises `GenerationNotFound`, `TooManyReports`; one that is there already counts once."""
        reporter = hmac.digest(self._salt, b"report:" + household(address).encode(), hashlib.sha256)
        async with self._pool.connection() as conn:
            result = await store.find_result(conn, request_id, new.generation)
            if result is None:
                raise GenerationNotFound
            if await store.reports_of_today(conn, reporter) >= store.MOST_A_DAY:
                raise TooManyReports
            is_new = await store.add(
                conn, result, request_id=request_id, reporter=reporter, reason=new.reason, words=new.text or None
            )
        if is_new:
            log.info("moderation.result_reported", worker=str(result.worker_id), reason=new.reason)

    async def listed(
        self, *, state: str | None, worker_id: UUID | None, before: int | None, limit: int
    ) -> list[dict[str, Any]]:
        """Reports as moderators see them, the newest first."""
        async with self._pool.connection() as conn:
            found = await store.listed(conn, state=state, worker_id=worker_id, before=before, limit=limit)
        return list(map(_body, found))

    async def decide(self, report_id: int, decision: Decision, actor: Actor) -> dict[str, Any]:
        """Uphold or reject a report, with what follows for its worker. Raises `ReportNotFound`, `ReportDecided`."""
        is_noted = is_kept = False
        async with self._pool.connection() as conn, conn.transaction():
            report = await store.lock(conn, report_id)
            if report is None:
                raise ReportNotFound
            if report.state != "open":
                raise ReportDecided(f"This report was {report.state} already.")
            await store.decide(conn, report_id, decision.state, actor.account_id)
            if decision.suspicion:
                is_noted = await suspicion_store.note(conn, report.worker_id, Suspicion.REPORTED_RESULT) is not None
                if report.worker_name is None:  # the worker is gone, its owner is not
                    is_noted = await suspicion_store.note_account(conn, report.owner_id, Suspicion.REPORTED_RESULT)
            if decision.note:
                is_kept = await store.note_on_worker(conn, report.worker_id, decision.note)
            answer = {"state": decision.state.value, "suspicion_noted": is_noted, "note_kept": is_kept}
            new = {**answer, "worker": str(report.worker_id), "reason": report.reason}
            of = subject("report", report_id)
            await record(conn, actor, "report.decide", of, new=new, concerns=report.owner_id)
        if is_noted or is_kept:
            await self._announce("worker", [str(report.worker_id)])
        return answer

    async def forget_old(self) -> None:
        """Remove what is kept no longer."""
        async with self._pool.connection() as conn:
            await store.forget_old(conn)


def _body(report: Report) -> dict[str, Any]:
    body = {
        "id": report.id,
        "created": report.created_at.isoformat(),
        "kind": report.kind,
        "request": str(report.request_id),
        "generation": str(report.job_id),
        "model": report.model,
        "worker": str(report.worker_id),
        "worker_name": report.worker_name,
        "owner": report.owner_id,
        "requester": report.requester_id,
        "reason": report.reason,
        "text": report.words,
        "state": report.state,
        "decided": report.decided_at.isoformat() if report.decided_at else None,
        "decided_by": report.decided_by,
    }
    return {name: value for name, value in body.items() if value is not None}
