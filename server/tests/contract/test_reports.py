"""Reports of results by users, and what moderators decide of them (moderation.md §9)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hordes import Horde

from horde_server.accounts.creation import NewAccount
from horde_server.moderation.reports.answers import DecidedReport, ResultReport

CREDIBLE = {"width": 64, "height": 64, "steps": 1}  # delivered at once nobody is suspected of being too fast


@pytest.fixture
async def mod(horde: Horde) -> NewAccount:
    """A moderator."""
    return await horde.account("mod", moderator=True)


@pytest.fixture
async def owner(horde: Horde) -> NewAccount:
    """Whose worker it is."""
    return await horde.account("owner")


async def a_result(horde: Horde, owner: NewAccount) -> tuple[str, str]:
    """A request whose picture was delivered, and the id of the picture."""
    request_id = await horde.request(params=CREDIBLE)
    job = await horde.job(owner.api_key)
    await horde.submit(owner.api_key, job["id"])
    return request_id, (await horde.status(request_id))["generations"][0]["id"]


async def report(
    horde: Horde, request_id: str, generation: str, address: str = "127.0.0.1", **body: Any
) -> httpx.Response:
    """POST /generate/report/{id}."""
    return await horde.client_at(address).post(
        f"/api/v2/generate/report/{request_id}", json={"generation": generation, "reason": "broken", **body}
    )


async def reports(horde: Horde, mod: NewAccount, query: str = "") -> list[dict[str, Any]]:
    """GET /operations/reports."""
    answer = await horde.client.get(f"/api/v2/operations/reports{query}", headers={"apikey": mod.api_key})
    assert answer.status_code == 200, answer.text
    for each in answer.json():
        ResultReport.model_validate(each, strict=True)
    return list(answer.json())


async def decide(horde: Horde, mod: NewAccount, report_id: int | str, **body: Any) -> httpx.Response:
    """POST /operations/reports/{id}."""
    return await horde.client.post(
        f"/api/v2/operations/reports/{report_id}", json=body, headers={"apikey": mod.api_key}
    )


async def test_who_knows_a_request_reports_one_of_its_results(horde: Horde, mod: NewAccount, owner: NewAccount) -> None:
    """§9.1: kept with request, result, model, worker, its owner and who asked; without who reported."""
    request_id, generation = await a_result(horde, owner)
    assert (await report(horde, request_id, generation, text="All black.")).json() == {"message": "OK"}
    (kept,) = await reports(horde, mod)
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")
    assert {name: value for name, value in kept.items() if name not in ("id", "created")} == {
        "kind": "image", "request": request_id, "generation": generation, "model": "stable_diffusion",
        "worker": str(worker_id), "worker_name": "worker", "owner": owner.id, "requester": 0, "reason": "broken",
        "text": "All black.", "state": "open",
    }  # fmt: skip
    assert "127.0.0.1" not in str(await horde.sql("SELECT * FROM result_report"))


async def test_texts_and_forms_are_reported_too(horde: Horde, mod: NewAccount, owner: NewAccount) -> None:
    """§9.1: a text by its id, a form by its name."""
    text = await horde.texts.request()
    job = await horde.texts.job(owner.api_key)
    await horde.texts.submit(owner.api_key, job["id"])
    assert (await report(horde, text, (await horde.texts.status(text))["generations"][0]["id"])).status_code == 200
    asked = await horde.alchemy.request("caption", "nsfw")
    form = await horde.alchemy.form(owner.api_key, "caption")
    await horde.alchemy.submit(owner.api_key, form["id"])
    assert (await report(horde, asked, "caption", reason="unrelated")).status_code == 200
    assert horde.outcome(await report(horde, asked, "nsfw")) == (404, "GenerationNotFound")  # it is not done
    assert [each["kind"] for each in await reports(horde, mod)] == ["interrogation", "text"]


async def test_a_repeated_report_counts_once(horde: Horde, mod: NewAccount, owner: NewAccount) -> None:
    """§9.2: of one household; another's is one more."""
    request_id, generation = await a_result(horde, owner)
    for reason in ("broken", "illegal"):
        assert (await report(horde, request_id, generation, reason=reason)).status_code == 200
    assert [each["reason"] for each in await reports(horde, mod)] == ["broken"]
    for address in ("2001:db8:1:2::3", "2001:db8:1:2::4", "192.0.2.7"):
        assert (await report(horde, request_id, generation, address)).status_code == 200
    assert len(await reports(horde, mod)) == 3


async def test_a_household_reports_twenty_times_a_day(horde: Horde, owner: NewAccount) -> None:
    """§9.2: then 429, until a day has passed since the first."""
    request_id, generation = await a_result(horde, owner)
    await report(horde, request_id, generation)
    await horde.sql(
        """INSERT INTO result_report (reporter, kind, request_id, job_id, model, worker_id, owner_id, requester_id,
                                      reason)
           SELECT reporter, kind, request_id, gen_random_uuid(), model, worker_id, owner_id, requester_id, reason
           FROM result_report, generate_series(1, 19)"""
    )
    request_id, generation = await a_result(horde, owner)
    assert horde.outcome(await report(horde, request_id, generation)) == (429, "TooManyReports")
    assert (await report(horde, request_id, generation, "192.0.2.7")).status_code == 200
    await horde.sql("UPDATE result_report SET created_at = now() - interval '25 hours'")
    assert (await report(horde, request_id, generation)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{"reason": "ugly"}, {"text": "x" * 1001}, {"generation": ""}, {"generation": "x" * 101}, {"text": "a\0b"}],
    ids=str,
)
async def test_a_report_has_its_limits(horde: Horde, mod: NewAccount, owner: NewAccount, body: dict[str, Any]) -> None:
    request_id, generation = await a_result(horde, owner)
    answer = await report(horde, request_id, **{"generation": generation, **body})
    assert answer.status_code == 400, answer.text
    assert await reports(horde, mod) == []


async def test_what_is_not_there_is_not_reported(horde: Horde, owner: NewAccount) -> None:
    """§9.1: neither an unknown request, nor a result of another one, nor a job that is not done."""
    request_id, generation = await a_result(horde, owner)
    other = await horde.request()
    job = await horde.job(owner.api_key)
    assert horde.outcome(await report(horde, other, generation)) == (404, "GenerationNotFound")
    assert horde.outcome(await report(horde, other, job["id"])) == (404, "GenerationNotFound")
    assert horde.outcome(await report(horde, request_id, "nothing")) == (404, "GenerationNotFound")
    assert horde.outcome(await report(horde, "nothing", generation)) == (404, "RequestNotFound")


async def test_moderators_decide_once_and_choose_what_follows(horde: Horde, mod: NewAccount, owner: NewAccount) -> None:
    """§9.3: a suspicion against the worker and its owner, a note for moderators, or nothing; all in the trail."""
    request_id, generation = await a_result(horde, owner)
    for address in ("192.0.2.1", "192.0.2.2"):
        await report(horde, request_id, generation, address)
    second, first = (each["id"] for each in await reports(horde, mod))
    answer = await decide(horde, mod, first, state="upheld", suspicion=True, note="Black pictures in June.")
    assert answer.json() == {"state": "upheld", "suspicion_noted": True, "note_kept": True}
    DecidedReport.model_validate(answer.json(), strict=True)
    assert (await decide(horde, mod, second, state="rejected")).json()["suspicion_noted"] is False
    assert horde.outcome(await decide(horde, mod, first, state="rejected")) == (409, "ReportDecided")
    assert await reports(horde, mod) == []
    assert [each["id"] for each in await reports(horde, mod, "?state=upheld")] == [first]
    assert [each["id"] for each in await reports(horde, mod, "?state=rejected")] == [second]
    everything = await reports(horde, mod, "?state=all&limit=1")
    assert [each["id"] for each in everything] == [second]
    assert [each["id"] for each in await reports(horde, mod, f"?state=all&before={second}")] == [first]
    worker = everything[0]["worker"]
    assert len(await reports(horde, mod, f"?state=all&worker={worker}")) == 2
    path = f"/api/v2/workers/{worker}"
    seen = (await horde.client.get(path, headers={"apikey": mod.api_key})).json()
    assert (seen["moderators_note"], seen["suspicions"]) == ("Black pictures in June.", ["reported_result"])
    own = (await horde.client.get(path, headers={"apikey": owner.api_key})).json()
    assert "moderators_note" not in own
    assert await horde.sql("SELECT suspicions FROM account WHERE id = %s", owner.id) == [([10],)]
    trail = (await horde.client.get("/api/v2/operations/audit", headers={"apikey": mod.api_key})).json()
    assert [each["action"] for each in trail] == ["report.decide"] * 2
    assert trail[1]["new"]["suspicion_noted"] is True


async def test_a_deleted_workers_owner_is_suspected_and_a_trusted_one_is_not(
    horde: Horde, mod: NewAccount, owner: NewAccount
) -> None:
    """§9.3: what became of the worker decides against whom it is noted."""
    request_id, generation = await a_result(horde, owner)
    await report(horde, request_id, generation)
    trusted = await horde.account("trusted", trusted=True)
    request_id = await horde.request(params=CREDIBLE)
    job = await horde.job(trusted.api_key, "trusted one")
    await horde.submit(trusted.api_key, job["id"])
    await report(horde, request_id, (await horde.status(request_id))["generations"][0]["id"])
    await horde.sql("DELETE FROM worker WHERE account_id = %s", owner.id)
    of_trusted, of_gone = (each["id"] for each in await reports(horde, mod))
    assert (await decide(horde, mod, of_trusted, state="upheld", suspicion=True)).json()["suspicion_noted"] is False
    told = (await decide(horde, mod, of_gone, state="upheld", suspicion=True, note="Gone.")).json()
    assert told == {"state": "upheld", "suspicion_noted": True, "note_kept": False}
    assert await horde.sql("SELECT suspicions FROM account WHERE id = %s", owner.id) == [([10],)]


@pytest.mark.parametrize(
    "body",
    [{}, {"state": "open"}, {"state": "rejected", "suspicion": True}, {"state": "upheld", "note": "n" * 1001}],
    ids=str,
)
async def test_a_decision_decides(horde: Horde, mod: NewAccount, owner: NewAccount, body: dict[str, Any]) -> None:
    request_id, generation = await a_result(horde, owner)
    await report(horde, request_id, generation)
    (kept,) = await reports(horde, mod)
    assert (await decide(horde, mod, kept["id"], **body)).status_code == 400
    assert [each["state"] for each in await reports(horde, mod)] == ["open"]


async def test_others_may_not(horde: Horde) -> None:
    ada = await horde.account("ada")
    answer = await horde.client.get("/api/v2/operations/reports", headers={"apikey": ada.api_key})
    assert horde.outcome(answer) == (403, "NotModerator")
    assert horde.outcome(await decide(horde, ada, 1, state="upheld")) == (403, "NotModerator")


@pytest.mark.parametrize("query", ["state=closed", "worker=me", "limit=101", "before=0"])
async def test_what_cannot_be_listed_is_refused(horde: Horde, mod: NewAccount, query: str) -> None:
    answer = await horde.client.get(f"/api/v2/operations/reports?{query}", headers={"apikey": mod.api_key})
    assert answer.status_code == 400


async def test_reports_are_kept_for_ninety_days(horde: Horde, mod: NewAccount, owner: NewAccount) -> None:
    """§9.4: then nothing of them is there."""
    from horde_server.database.pool import connect
    from horde_server.moderation.reports.store import forget_old

    request_id, generation = await a_result(horde, owner)
    for address in ("192.0.2.1", "192.0.2.2"):
        await report(horde, request_id, generation, address)
    second, first = (each["id"] for each in await reports(horde, mod))
    await horde.sql("UPDATE result_report SET created_at = now() - interval '91 days' WHERE id = %s", first)
    async with await connect(horde.dsn) as conn:
        assert await forget_old(conn) == 1
    assert [each["id"] for each in await reports(horde, mod)] == [second]
    assert horde.outcome(await decide(horde, mod, first, state="upheld")) == (404, "ReportNotFound")
    assert horde.outcome(await decide(horde, mod, "x", state="upheld")) == (404, "ReportNotFound")
