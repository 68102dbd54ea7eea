"""Registrations that wait for a moderator (registration.md §3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount

WAITS = (403, "AwaitingApproval")


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server whose new users wait; its first account administers it."""
    return await start_horde(registration="approval", admins=["root#1"])


@pytest.fixture
async def root(horde: Horde) -> NewAccount:
    """The administrator."""
    return await horde.account("root")


async def newcomer(horde: Horde, name: str = "ada", **body: Any) -> dict[str, Any]:
    """An account that was just registered."""
    answer = await horde.client.post("/api/v2/register", json={"username": name, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def decide(horde: Horde, caller: NewAccount, account_id: Any, **body: Any) -> httpx.Response:
    """POST /api/v2/operations/registrations/{user_id}."""
    path = f"/api/v2/operations/registrations/{account_id}"
    return await horde.client.post(path, json=body, headers={"apikey": caller.api_key})


async def waiting(horde: Horde, caller: NewAccount) -> list[str]:
    """The aliases of who waits."""
    answer = await horde.client.get("/api/v2/operations/registrations", headers={"apikey": caller.api_key})
    assert answer.status_code == 200, answer.text
    return [each["alias"] for each in answer.json()]


async def asking_and_serving(horde: Horde, key: str) -> set[tuple[int, str | None]]:
    """What is answered to everything that an account must be approved for."""
    headers = {"apikey": key}
    alchemy = {"source_image": "https://example.org/a.png", "forms": [{"name": "caption"}]}
    answers = [
        await horde.ask(key),
        await horde.client.post("/api/v2/generate/text/async", json={"prompt": "once"}, headers=headers),
        await horde.client.post("/api/v2/interrogate/async", json=alchemy, headers=headers),
        await horde.try_pop(key),
        await horde.texts.try_pop(key),
        await horde.client.post(
            "/api/v2/interrogate/pop", json={"name": "alch", "forms": ["caption"]}, headers=headers
        ),
        await horde.try_submit(key, "00000000-0000-0000-0000-000000000000"),
    ]
    return {Horde.outcome(answer) for answer in answers}


async def test_who_is_not_approved_neither_asks_nor_serves(horde: Horde, root: NewAccount) -> None:
    """registration.md §3.1, §3.2: but may look at the account."""
    made = await newcomer(horde)
    assert not made["approved"]
    assert await asking_and_serving(horde, made["api_key"]) == {WAITS}
    me = await horde.client.get("/api/v2/find_user", headers={"apikey": made["api_key"]})
    assert me.json()["username"] == made["alias"]


async def test_a_moderator_approves_and_all_nodes_know_it_at_once(start_horde: StartHorde) -> None:
    """registration.md §3.3: with a reason, which is recorded."""
    settings: dict[str, Any] = {"registration": "approval", "admins": ["root#1"]}
    one, two = await start_horde(**settings), await start_horde(**settings)
    root, moderator = await one.account("root"), await one.account("mo", moderator=True)
    made = await newcomer(one)
    assert await waiting(one, moderator) == [made["alias"]]
    for node in (one, two):
        assert Horde.outcome(await node.ask(made["api_key"])) == WAITS
    assert (await decide(one, moderator, made["id"], approve=True, reason="A neighbour.")).status_code == 200
    assert (await one.ask(made["api_key"])).status_code == 202

    async def is_known() -> bool:
        return (await two.ask(made["api_key"])).status_code == 202

    await two.until(is_known, "the other node knows it")
    assert await waiting(one, root) == []
    assert Horde.outcome(await decide(one, root, made["id"], approve=True)) == (404, "RegistrationNotFound")
    entries = await one.sql("SELECT action, actor_id, reason, concerns FROM audit_entry WHERE subject_kind = 'account'")
    assert entries == [("registration.approve", moderator.id, "A neighbour.", made["id"])]


async def test_who_is_refused_has_no_key_any_more_and_may_be_approved_later(horde: Horde, root: NewAccount) -> None:
    """registration.md §3.4: also where the key was remembered."""
    made = await newcomer(horde)
    await horde.client.get("/api/v2/find_user", headers={"apikey": made["api_key"]})
    assert (await decide(horde, root, made["id"], approve=False)).status_code == 200
    gone = await horde.client.get("/api/v2/find_user", headers={"apikey": made["api_key"]})
    assert Horde.outcome(gone) == (404, "UserNotFound")
    assert await waiting(horde, root) == []
    assert Horde.outcome(await decide(horde, root, made["id"], approve=False)) == (404, "RegistrationNotFound")
    assert await horde.sql("SELECT api_key_hash FROM account WHERE id = %s", made["id"]) == [(None,)]
    assert (await decide(horde, root, made["id"], approve=True)).status_code == 200
    assert await horde.sql("SELECT refused_at FROM registration") == [(None,)]


async def test_who_was_invited_waits_for_nobody(horde: Horde, root: NewAccount) -> None:
    """registration.md §3.1: an invitation is an approval beforehand."""
    made = await horde.client.post("/api/v2/invitations", json={"uses": 1}, headers={"apikey": root.api_key})
    invited = await newcomer(horde, invitation=made.json()["code"])
    assert invited["approved"]
    assert (await horde.ask(invited["api_key"])).status_code == 202


async def test_decisions_are_for_moderators_and_have_limits(horde: Horde, root: NewAccount) -> None:
    """registration.md §3.3: and only where somebody waits."""
    made = await newcomer(horde)
    plain = await horde.account("plain")
    assert Horde.outcome(await decide(horde, plain, made["id"], approve=True)) == (403, "NotModerator")
    for body in ({}, {"approve": "yes"}, {"approve": True, "reason": "x" * 501}):
        assert (await decide(horde, root, made["id"], **body)).status_code == 400
    for nobody in (root.id, 999, 2**31, "ada", "-1"):
        assert Horde.outcome(await decide(horde, root, nobody, approve=True)) == (404, "RegistrationNotFound")


async def test_accounts_of_other_ways_need_no_approval(horde: Horde) -> None:
    """registration.md §3.1: those that the command line makes, and all that were there before."""
    ada = await horde.account("ada")
    assert (await horde.ask(ada.api_key)).status_code == 202
    assert (await horde.ask()).status_code == 202
    # as nodes of the release before make one, in the middle of an update
    await horde.sql("INSERT INTO account (username, moderator) VALUES ('old', false)")
    assert await horde.sql("SELECT count(*) FROM account WHERE approved_at IS NULL") == [(0,)]


async def test_fifty_are_listed_a_page_the_oldest_first(start_horde: StartHorde) -> None:
    """registration.md §3.3: up to two hundred pages."""
    horde = await start_horde(
        registration="approval", admins=["root#1"], registrations_per_hour=0, registrations_per_day=0
    )
    root = await horde.account("root")
    made = [await newcomer(horde, f"user {number}") for number in range(51)]
    assert await waiting(horde, root) == [each["alias"] for each in made[:50]]
    headers = {"apikey": root.api_key}
    second = await horde.client.get("/api/v2/operations/registrations", params={"page": 2}, headers=headers)
    assert [each["id"] for each in second.json()] == [made[50]["id"]]
    wrong = await horde.client.get("/api/v2/operations/registrations", params={"page": 201}, headers=headers)
    assert wrong.status_code == 400
