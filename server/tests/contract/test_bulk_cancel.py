"""Cancelling many requests at once (moderation.md §10)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.requests.cancelling.answers import CancelledRequests


@pytest.fixture
async def mod(horde: Horde) -> NewAccount:
    """A moderator."""
    return await horde.account("mod", moderator=True)


async def call(horde: Horde, who: NewAccount, query: str) -> httpx.Response:
    """DELETE /operations/requests."""
    return await horde.client.delete(f"/api/v2/operations/requests?{query}", headers={"apikey": who.api_key})


async def cancel(horde: Horde, mod: NewAccount, query: str) -> dict[str, Any]:
    """The answer of a call that is taken."""
    answer = await call(horde, mod, query)
    assert answer.status_code == 200, answer.text
    CancelledRequests.model_validate(answer.json(), strict=True)
    return dict(answer.json())


async def test_all_open_requests_of_a_user(horde: Horde, mod: NewAccount) -> None:
    """§10.1, §10.2: of every kind, what waits; jobs with workers go on and are paid; nobody else's; holds are free."""
    asker, other, owner = (
        await horde.account("asker", kudos=10_000),
        await horde.account("other"),
        await horde.account("owner"),
    )
    image = await horde.request(asker.api_key, params={"n": 3}, slow_workers=False)
    job = await horde.job(owner.api_key)
    text = await horde.texts.request(asker.api_key)
    forms = await horde.alchemy.request("caption", "nsfw", key=asker.api_key)
    others = await horde.request(other.api_key)
    expected = {"requests": 4, "jobs": 5, "dry_run": True}
    assert await cancel(horde, mod, f"user={asker.id}&dry_run=true") == expected
    assert (await horde.check(image))["waiting"] == 2
    assert await cancel(horde, mod, f"user=asker%23{asker.id}") == {**expected, "dry_run": False}
    shown = await horde.check(image)
    assert (shown["waiting"], shown["processing"]) == (0, 1)
    assert (await horde.texts.status(text))["done"] is True
    assert (await horde.alchemy.states(forms))[1] == ["cancelled", "cancelled"]
    assert (await horde.check(others))["waiting"] == 1
    assert (await horde.submit(owner.api_key, job["id"]))["reward"] > 0
    assert (await horde.status(image))["done"] is True
    assert await horde.sql("SELECT sum(held_hundredths)::int FROM request WHERE account_id = %s", asker.id) == [(0,)]
    assert await cancel(horde, mod, f"user={asker.id}") == {"requests": 0, "jobs": 0, "dry_run": False}
    trail = (await horde.client.get("/api/v2/operations/audit", headers={"apikey": mod.api_key})).json()
    assert [(each["action"], each["subject"]["id"], each["old"]) for each in trail] == [
        ("requests.cancel", str(asker.id), {"requests": 4, "jobs": 5, "by_address": False})
    ]


async def test_by_address_and_by_model(horde: Horde, mod: NewAccount) -> None:
    """§10.1: what is named must all fit."""

    async def ask(address: str, model: str) -> str:
        answer = await horde.client_at(address).post(
            "/api/v2/generate/async",
            json={"prompt": "a lighthouse", "models": [model]},
            headers={"apikey": "0000000000"},
        )
        return str(answer.json()["id"])

    sd, other = "stable_diffusion", "Deliberate"
    there, elsewhere, there_too = (
        await ask("192.0.2.7", sd),
        await ask("198.51.100.7", sd),
        await ask("192.0.2.8", other),
    )
    form = await horde.alchemy.request("caption")
    assert (await cancel(horde, mod, f"ipaddr=192.0.2.0/24&model={sd}"))["requests"] == 1
    assert [(await horde.check(each))["done"] for each in (there, elsewhere, there_too)] == [True, False, False]
    assert (await cancel(horde, mod, "ipaddr=192.0.2.8"))["requests"] == 1
    assert (await cancel(horde, mod, "model=caption"))["requests"] == 1
    assert (await horde.alchemy.states(form))[1] == ["cancelled"]
    assert (await cancel(horde, mod, "user=0"))["requests"] == 1
    assert (await horde.check(elsewhere))["done"] is True


async def test_a_webhook_is_told(horde: Horde, mod: NewAccount) -> None:
    """§10.2: as of any other cancellation, once."""
    asker = await horde.account("asker", kudos=100)
    await horde.request(asker.api_key, webhook="https://example.org/hook")
    await cancel(horde, mod, f"user={asker.id}")
    assert await horde.sql("SELECT body->>'event' FROM webhook_delivery") == [("request.cancelled",)]


async def test_ten_thousand_are_cancelled_in_batches(horde: Horde, mod: NewAccount) -> None:
    """§10.3: all of them; other calls are answered meanwhile."""
    asker = await horde.account("asker", columns={"concurrency": 500})
    await horde.request(asker.api_key)
    await horde.sql(
        """INSERT INTO request SELECT (r).* FROM (
               SELECT jsonb_populate_record(request, jsonb_build_object('id', gen_random_uuid())) AS r
               FROM request, generate_series(1, 9999)) AS copies"""
    )
    assert await cancel(horde, mod, f"user={asker.id}") == {"requests": 10_000, "jobs": 10_000, "dry_run": False}
    assert await horde.sql("SELECT count(*)::int FROM request WHERE waiting > 0") == [(0,)]


async def test_other_nodes_hear_of_it(horde: Horde, start_horde: StartHorde, mod: NewAccount) -> None:
    other, owner = await start_horde(), await horde.account("owner")
    request_id = await horde.request()

    async def is_known() -> bool:
        return (await other.client.get(f"/api/v2/generate/check/{request_id}")).status_code == 200

    await horde.until(is_known, "the other node knows the request")
    await cancel(horde, mod, "user=0")
    assert (await other.pop(owner.api_key))["id"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (400, "BadRequest")),
        ("dry_run=true", (400, "BadRequest")),
        ("user=ada", (404, "UserNotFound")),
        ("ipaddr=192.0.2.7/24", (400, "BadRequest")),
        ("user=1&dry_run=perhaps", (400, None)),
        (f"model={'x' * 256}", (400, None)),
        (f"user={'x' * 201}", (400, None)),
    ],
)
async def test_what_names_nobody_is_refused(horde: Horde, mod: NewAccount, query: str, expected: Any) -> None:
    """§10.1: nothing named cancels nothing."""
    request_id = await horde.request()
    assert horde.outcome(await call(horde, mod, query)) == expected
    assert (await horde.check(request_id))["waiting"] == 1


async def test_others_may_not(horde: Horde) -> None:
    ada = await horde.account("ada")
    assert horde.outcome(await call(horde, ada, f"user={ada.id}")) == (403, "NotModerator")
