"""What an account's kudos came from and went to: /kudos/statement (kudos.md §10)."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest
from hordes import Horde

from horde_server.accounts.creation import NewAccount
from horde_server.kudos.answers import KudosStatement
from horde_server.kudos.statements import MOST_LINES


async def ask(horde: Horde, account: NewAccount | None, accept: str = "*/*", **query: Any) -> httpx.Response:
    """GET /kudos/statement."""
    headers = {"accept": accept, **({"apikey": account.api_key} if account else {})}
    return await horde.client.get("/api/v2/kudos/statement", params=query, headers=headers)


async def statement(horde: Horde, account: NewAccount, **query: Any) -> dict[str, Any]:
    """The JSON of a 200."""
    answer = await ask(horde, account, **query)
    assert answer.status_code == 200, answer.text
    KudosStatement.model_validate(answer.json(), strict=True)
    return dict(answer.json())


def told(page: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    """These columns of the lines."""
    return [tuple(line.get(name) for name in names) for line in page["lines"]]


async def give(horde: Horde, giver: NewAccount, to: NewAccount, amount: int) -> None:
    answer = await horde.client.post(
        "/api/v2/kudos/transfer", json={"username": to.alias, "amount": amount}, headers={"apikey": giver.api_key}
    )
    assert answer.status_code == 200, answer.text


async def delivered(horde: Horde, asker: NewAccount, owner: NewAccount) -> tuple[str, str]:
    """The reference job, asked for and delivered; ids of request and job."""
    request = await horde.request(asker.api_key, params={"steps": 50, "sampler_name": "k_euler", "karras": True})
    job = await horde.job(owner.api_key)
    await horde.submit(owner.api_key, job["id"])
    return request, job["id"]


async def test_requesters_see_what_a_request_and_its_jobs_cost(horde: Horde) -> None:
    """§10.1, §10.2: one line for each thing; before and after the fold the same."""
    ada, ben = await horde.account("ada", kudos=1_000), await horde.account("ben")
    request, job = await delivered(horde, ada, ben)
    fresh = await statement(horde, ada)
    await horde.folded()
    page = await statement(horde, ada)
    assert page == fresh
    assert (page["balance"], page["escrow"], page["held"]) == (985.0, 0.0, 0.0)
    assert told(page, "kind", "amount", "balance_after") == [
        ("job", -12.0, 985.0), ("request", -3.0, 997.0), ("adjustment", 1_000.0, 1_000.0),
    ]  # fmt: skip
    assert told(page, "request_id", "job_id", "type", "model")[:2] == [
        (request, job, "image", "stable_diffusion"), (request, None, "image", None),
    ]  # fmt: skip


async def test_owners_see_which_half_waits_and_when_it_is_released(horde: Horde) -> None:
    """§10.2, §10.3: escrow stands beside the balance; the request's id is its requester's alone."""
    ada, ben = await horde.account("ada", kudos=1_000), await horde.account("ben")
    mod = await horde.account("mod", moderator=True)
    _, job = await delivered(horde, ada, ben)
    await horde.folded()
    page = await statement(horde, ben)
    assert (page["balance"], page["escrow"]) == (25.0, 5.5)
    assert told(page, "kind", "amount", "escrow", "balance_after", "escrow_after") == [
        ("floor", 19.5, 0.0, 25.0, 5.5), ("reward", 5.5, 5.5, 5.5, 5.5),
    ]  # fmt: skip
    reward = page["lines"][-1]
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")
    assert (reward["job_id"], reward["worker_id"]) == (job, str(worker_id))
    assert "request_id" not in reward
    trust = await horde.client.put(f"/api/v2/users/{ben.id}", json={"trusted": True}, headers={"apikey": mod.api_key})
    assert trust.status_code == 200
    await horde.folded()
    newest = (await statement(horde, ben))["lines"][0]
    assert (newest["kind"], newest["amount"], newest["escrow"]) == ("promotion", 5.5, -5.5)
    assert (newest["balance_after"], newest["escrow_after"]) == (30.5, 0.0)


async def test_who_serves_oneself_sees_both_sides(horde: Horde) -> None:
    """§10.2: what the job cost and what it earned are two lines."""
    ada = await horde.account("ada", kudos=1_000, trusted=True)
    await delivered(horde, ada, ada)
    lines = told(await statement(horde, ada), "kind", "amount")
    assert sorted(lines[:2]) == [("job", -12.0), ("reward", 11.0)]


async def test_givers_and_receivers_know_each_other(horde: Horde) -> None:
    """§10.3: of a transfer both are told who the other is; of a job nobody is."""
    ada, ben = await horde.account("ada", kudos=1_000), await horde.account("ben", kudos=100)
    await give(horde, ada, ben, 40)
    assert told(await statement(horde, ada), "kind", "amount", "counterpart")[0] == ("given", -40.0, ben.alias)
    assert told(await statement(horde, ben), "kind", "amount", "counterpart")[0] == ("received", 40.0, ada.alias)
    await delivered(horde, ada, ben)
    pages = [await statement(horde, each) for each in (ada, ben)]
    assert [line for page in pages for line in page["lines"] if line["kind"] in ("job", "reward") and
            "counterpart" in line] == []  # fmt: skip


async def test_pages_follow_each_other_without_gap_or_repetition(horde: Horde) -> None:
    """§10.4: whatever size they have, and though new lines come meanwhile."""
    ada, ben = await horde.account("ada", kudos=1_000, trusted=True), await horde.account("ben", kudos=1)
    for amount in range(1, 6):
        await give(horde, ada, ben, amount)
    await delivered(horde, ada, ada)
    await horde.folded()
    whole = (await statement(horde, ada))["lines"]
    assert len(whole) == 9
    for size in (1, 2, 4):
        found: list[dict[str, Any]] = []
        page = await statement(horde, ada, limit=size)
        found += page["lines"]
        while "next" in page:
            await give(horde, ada, ben, 1)
            page = await statement(horde, ada, limit=size, before=page["next"])
            assert len(page["lines"]) <= size
            found += page["lines"]
        assert found[-9:] == whole
        assert len(found) == len({(line["time"], line["kind"], line["amount"]) for line in found})
        whole = (await statement(horde, ada))["lines"][-9:]


async def test_a_time_may_be_named(horde: Horde) -> None:
    """§10.4: from, and to (that itself excluded); what was had then is not told of the past."""
    ada = await horde.account("ada", kudos=1_000)
    ben = await horde.account("ben", kudos=1)
    await give(horde, ada, ben, 5)
    await horde.sql("UPDATE ledger_entry SET created_at = now() - interval '3 days' WHERE kind = 'admin_adjustment'")
    [(yesterday,)] = await horde.sql("SELECT (now() - interval '1 day')::timestamp(0)::text")
    assert told(await statement(horde, ada, **{"from": yesterday}), "kind") == [("given",)]
    older = await statement(horde, ada, to=yesterday.replace(" ", "T") + "Z")
    assert told(older, "kind", "balance_after") == [("adjustment", None)]


async def test_csv_is_for_spreadsheets(horde: Horde) -> None:
    """§10.5: by `Accept` or by `format`; names that begin like formulas are made harmless; Link leads on."""
    ada, ben = await horde.account("=ada()", kudos=1_000), await horde.account("ben", kudos=100)
    await give(horde, ada, ben, 40)
    for answer in (await ask(horde, ben, accept="text/csv"), await ask(horde, ben, format="csv", limit=1)):
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert (rows[0]["kind"], rows[0]["amount"], rows[0]["counterpart"]) == ("received", "40.00", f"'{ada.alias}")
    assert len(rows) == 1
    assert answer.links["next"]["url"].startswith("?")
    following = await horde.client.get(
        "/api/v2/kudos/statement" + answer.links["next"]["url"], headers={"apikey": ben.api_key}
    )
    assert [row["kind"] for row in csv.DictReader(io.StringIO(following.text))] == ["adjustment"]
    assert "link" not in following.headers


@pytest.mark.parametrize(
    "query",
    [{"limit": MOST_LINES + 1}, {"limit": 0}, {"format": "xml"}, {"format": "x" * 31}, {"before": "x" * 301},
     {"before": "bm8="}, {"before": "ü"}, {"from": "yesterday"}, {"to": "9" * 41}, {"from": "99999-01-01"}],
)  # fmt: skip
async def test_what_cannot_be_is_refused_by_name(horde: Horde, query: dict[str, Any]) -> None:
    """§10.4, §10.5: with the name of the parameter that is wrong."""
    answer = await ask(horde, await horde.account("ada"), **query)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()["errors"]) == set(query)


async def test_a_statement_is_its_accounts_own(horde: Horde) -> None:
    """§10.1: nobody sees another's, and Anonymous has none."""
    ada, ben = await horde.account("ada", kudos=1_000), await horde.account("ben")
    await delivered(horde, ada, ben)
    assert (await ask(horde, None)).status_code in (400, 401)
    assert told(await statement(horde, ben), "kind")[-1] == ("reward",)
    anonymous = await horde.client.get("/api/v2/kudos/statement", headers={"apikey": "0000000000"})
    assert Horde.outcome(anonymous) == (403, "AnonForbidden")
