"""`horde_sdk.moderation` speaks with this server: its models know every field that comes, and what they send goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hordes import Horde
from unknown_fields import unknown_fields

from horde_sdk.ai_horde_api.apimodels import ModifyWorkerRequest, SingleWorkerDetailsRequest
from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.generic_api.apimodels import HordeRequest, RequestErrorResponse
from horde_sdk.generic_api.steps import Answer
from horde_sdk.generic_api.wire import Caller, to_exchange, to_response
from horde_sdk.moderation import (
    REPORT_REASON,
    REPORT_STATE,
    AuditTrailRequest,
    BanListRequest,
    BanRequest,
    CancelRequestsRequest,
    DecideReportRequest,
    DeleteAndBanWorkerRequest,
    LiftBanRequest,
    OwnAuditTrailRequest,
    ReportListRequest,
    ReportResultRequest,
    SuspicionListRequest,
    TimeoutListRequest,
    UndoRequest,
)
from horde_server.accounts.creation import NewAccount


@pytest.fixture
async def mod(horde: Horde) -> NewAccount:
    """A moderator."""
    return await horde.account("mod", moderator=True)


@pytest.fixture
async def owner(horde: Horde) -> NewAccount:
    """Whose worker it is."""
    return await horde.account("owner")


async def ask(horde: Horde, request: HordeRequest, account: NewAccount | None = None) -> Any:
    """The answer as the SDK's clients give it, all of it known to its model."""
    caller = Caller(
        apikey=account.api_key if account else None,
        base_url="http://horde.test/api",
        path_fields=AIHordePathData,
        query_fields=AIHordeQueryData,
    )
    sent = to_exchange(request, caller)
    came = await horde.client.request(
        sent.method, sent.url, params=dict(sent.query), content=sent.body, headers=dict(sent.headers)
    )
    assert came.status_code == 200, came.text
    expected = request.get_default_success_response_type()
    answer = to_response(Answer(came.status_code, came.headers, came.content), expected)
    assert not isinstance(answer, RequestErrorResponse), answer.object_data
    assert unknown_fields(answer) == []
    return answer


async def test_bans_and_the_trail(horde: Horde, mod: NewAccount, owner: NewAccount) -> None:
    ban = await ask(horde, BanRequest(user=owner.alias, days=3, reason="Black pictures.", audit_reason="seen"), mod)
    assert (ban.account, ban.is_in_force) == (owner.id, True)
    assert [one.id_ for one in await ask(horde, BanListRequest(), mod)] == [ban.id_]
    await ask(horde, LiftBanRequest(ban_id=ban.id_, audit_reason="a mistake"), mod)
    assert [one.lifted is None for one in await ask(horde, BanListRequest(past=True), mod)] == [False]
    since = datetime.now(UTC) - timedelta(hours=1)
    lifted, added = await ask(horde, AuditTrailRequest(since=since, subject_kind="ban", actor=mod.id), mod)
    assert (added.action, added.reason, lifted.reason, lifted.is_undoable) == ("ban.add", "seen", "a mistake", True)
    undone = await ask(horde, UndoRequest(entry_id=lifted.id_), mod)
    assert undone.action == "ban.lift.undo"
    own = await ask(horde, OwnAuditTrailRequest(before=undone.id_), owner)
    assert [(one.action, one.by) for one in own] == [("ban.lift", "a moderator"), ("ban.add", "a moderator")]


async def test_reports_suspicions_and_workers(horde: Horde, mod: NewAccount, owner: NewAccount) -> None:
    request_id = await horde.request(params={"width": 64, "height": 64, "steps": 1})
    job = await horde.job(owner.api_key)
    await horde.submit(owner.api_key, job["id"])
    generation = (await horde.status(request_id))["generations"][0]["id"]
    report = ReportResultRequest(id=request_id, generation=generation, reason=REPORT_REASON.broken, text="Black.")
    assert (await ask(horde, report)).message == "OK"
    (kept,) = await ask(horde, ReportListRequest(), mod)
    decision = DecideReportRequest(report_id=kept.id_, state=REPORT_STATE.upheld, suspicion=True, note="Watch it.")
    assert (await ask(horde, decision, mod)).suspicion_noted
    (account,) = await ask(horde, SuspicionListRequest(), mod)
    (worker,) = await ask(horde, SuspicionListRequest(of="workers"), mod)
    assert account.reasons == worker.reasons == {"reported_result": 1}
    await ask(horde, ModifyWorkerRequest(worker_id=kept.worker, paused=True, audit_reason="odd pictures"), mod)
    shown = await ask(horde, SingleWorkerDetailsRequest(worker_id=kept.worker), mod)
    assert (shown.moderators_note, shown.suspicions) == ("Watch it.", ["reported_result"])
    assert shown.paused_reason == "odd pictures"
    gone = DeleteAndBanWorkerRequest(worker_id=kept.worker, ban="name", ban_days=7)
    assert (await ask(horde, gone, mod)).deleted_name == "worker"
    assert [one.worker_name for one in await ask(horde, BanListRequest(), mod)] == ["worker"]


async def test_time_outs_and_cancelling(horde: Horde, mod: NewAccount) -> None:
    await horde.client.post(
        "/api/v2/operations/ipaddr", json={"ipaddr": "192.0.2.7", "hours": 1}, headers={"apikey": mod.api_key}
    )
    (timeout,) = await ask(horde, TimeoutListRequest(), mod)
    assert (timeout.ipaddr, timeout.strikes) == ("192.0.2.7", 0)
    await horde.request(params={"n": 2})
    counted = await ask(horde, CancelRequestsRequest(user="0", dry_run=True), mod)
    assert (counted.requests, counted.jobs, counted.dry_run) == (1, 2, True)
    assert not (await ask(horde, CancelRequestsRequest(model="Deliberate"), mod)).requests
    assert (await ask(horde, CancelRequestsRequest(ipaddr="127.0.0.0/8", audit_reason="flood"), mod)).requests == 1
