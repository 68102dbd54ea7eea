"""Invitations: who makes them, what they give, how often they are good (registration.md §4)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.registration.invitations import store


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server that takes who was invited; its first account administers it."""
    return await start_horde(registration="invitation", admins=["root#1"])


@pytest.fixture
async def root(horde: Horde) -> NewAccount:
    """The administrator."""
    return await horde.account("root")


async def invite(horde: Horde, caller: NewAccount, **body: Any) -> httpx.Response:
    """POST /api/v2/invitations; for one, unless told otherwise."""
    return await horde.client.post("/api/v2/invitations", json={"uses": 1, **body}, headers={"apikey": caller.api_key})


async def code_of(horde: Horde, caller: NewAccount, **body: Any) -> str:
    """The code of a new invitation."""
    answer = await invite(horde, caller, **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


async def register(horde: Horde, code: str, name: str = "ada") -> httpx.Response:
    """POST /api/v2/register with an invitation."""
    return await horde.client.post("/api/v2/register", json={"username": name, "invitation": code})


async def listed(horde: Horde, caller: NewAccount) -> list[dict[str, Any]]:
    """GET /api/v2/invitations."""
    answer = await horde.client.get("/api/v2/invitations", headers={"apikey": caller.api_key})
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def test_an_invitation_is_good_for_its_uses_and_lists_them(horde: Horde, root: NewAccount) -> None:
    """registration.md §4.1, §4.2: the code is told once, and kept nowhere."""
    made = (await invite(horde, root, note="for the neighbours", uses=2)).json()
    code = made.pop("code")
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert (await register(horde, code)).status_code == 201
    assert (await register(horde, f" {code.replace('-', '').lower()} ")).status_code == 201, "however it is written"
    assert Horde.outcome(await register(horde, code)) == (403, "InvitationInvalid")
    assert await listed(horde, root) == [{**made, "used": 2, "is_good": False}]
    assert (made["made_by"], made["used"], made["is_good"], made["note"]) == (root.id, 0, True, "for the neighbours")
    [(row,)] = await horde.sql("SELECT invitation::text FROM invitation")
    assert code not in row and code.replace("-", "") not in row


async def test_of_twenty_at_once_three_come_in_by_an_invitation_for_three(start_horde: StartHorde) -> None:
    """registration.md §4.3: exactly, on two nodes."""
    nodes = [await start_horde(registration="invitation", admins=["root#1"]) for _ in range(2)]
    code = await code_of(nodes[0], await nodes[0].account("root"), uses=3)
    answers = await asyncio.gather(*(register(nodes[n % 2], code, f"user {n}") for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [403] * 17
    assert await nodes[0].sql("SELECT used FROM invitation") == [(3,)]
    assert await nodes[0].sql("SELECT count(*) FROM registration") == [(3,)]


async def test_a_refused_registration_uses_nothing_up(horde: Horde, root: NewAccount) -> None:
    """registration.md §4.3: here for its name."""
    code = await code_of(horde, root)
    assert (await register(horde, code, "a#b")).status_code == 400
    assert (await register(horde, code)).status_code == 201


async def test_the_limits_of_a_household_do_not_count_who_was_invited(start_horde: StartHorde) -> None:
    """registration.md §1.5: a class may come from one address."""
    horde = await start_horde(registrations_per_hour=1, admins=["root#1"])
    code = await code_of(horde, await horde.account("root"), uses=5)
    assert [(await register(horde, code)).status_code for _ in range(5)] == [201] * 5
    plain = [await horde.client.post("/api/v2/register", json={"username": "ada"}) for _ in range(2)]
    assert [answer.status_code for answer in plain] == [201, 429]


async def test_wrong_ended_and_revoked_codes_are_told_apart_by_nobody(horde: Horde, root: NewAccount) -> None:
    """registration.md §4.4: so that trying tells nothing."""
    ended, revoked = await code_of(horde, root, note="ended"), await invite(horde, root)
    await horde.sql("UPDATE invitation SET expires_at = now() WHERE note = 'ended'")
    path = f"/api/v2/invitations/{revoked.json()['id']}"
    assert (await horde.client.delete(path, headers={"apikey": root.api_key})).status_code == 200
    again = await horde.client.delete(path, headers={"apikey": root.api_key})
    assert Horde.outcome(again) == (404, "InvitationNotFound")
    codes = (ended, revoked.json()["code"], "ABCD-EFGH-JKLM-NPQR", "no code", "I" * 16, "x" * 40)
    answers = [await register(horde, code) for code in codes]
    assert {(answer.status_code, answer.text) for answer in answers} == {(403, answers[0].text)}
    assert (await register(horde, "x" * 41)).status_code == 400
    no_id = await horde.client.delete("/api/v2/invitations/nothing", headers={"apikey": root.api_key})
    assert Horde.outcome(no_id) == (404, "InvitationNotFound")


async def test_an_invitation_gives_roles_kudos_and_limits(horde: Horde, root: NewAccount) -> None:
    """registration.md §4.5: recorded, as who is invited may not give it to themselves."""
    code = await code_of(horde, root, roles=["moderator", "education"], kudos=500, concurrency=77, worker_invited=2)
    made = (await register(horde, code)).json()
    await horde.folded()
    user = (await horde.client.get("/api/v2/find_user", headers={"apikey": made["api_key"]})).json()
    wanted = {"moderator": True, "trusted": True, "education": True, "customizer": False, "concurrency": 77}
    assert {name: user[name] for name in wanted} == wanted
    assert (user["kudos"], user["worker_invited"]) == (500, 2)
    [(new, concerns)] = await horde.sql("SELECT new_value, concerns FROM audit_entry WHERE action = 'account.register'")
    assert new["roles"] == ["education", "moderator"] and new["kudos"] == 500
    assert concerns == made["id"]


async def test_an_account_for_education_has_the_concurrency_of_one(horde: Horde, root: NewAccount) -> None:
    """registration.md §4.5: as where the role is given later (accounts.md §4.4)."""
    made = (await register(horde, await code_of(horde, root, roles=["education"]))).json()
    user = (await horde.client.get("/api/v2/find_user", headers={"apikey": made["api_key"]})).json()
    assert user["concurrency"] == 200


async def test_moderators_invite_and_only_administrators_give_kudos_and_moderators(
    horde: Horde, root: NewAccount
) -> None:
    """registration.md §4.1: what somebody could not give directly, no invitation of theirs gives."""
    moderator, plain = await horde.account("mo", moderator=True), await horde.account("ada")
    assert (await invite(horde, moderator, roles=["trusted", "vpn"])).status_code == 201
    assert Horde.outcome(await invite(horde, moderator, kudos=1)) == (403, "NotAdmin")
    assert Horde.outcome(await invite(horde, moderator, roles=["moderator"])) == (403, "NotAdmin")
    assert Horde.outcome(await invite(horde, plain)) == (403, "NotModerator")


@pytest.mark.parametrize(
    "body",
    [
        {"uses": 0},
        {"uses": 1001},
        {"lasts_s": 59},
        {"lasts_s": 366 * 86_400},
        {"note": "x" * 201},
        {"note": "two\nlines"},
        {"roles": ["administrator"]},
        {"roles": ["trusted"] * 8},
        {"kudos": -1},
        {"kudos": 10**16},
        {"concurrency": 501},
        {"worker_invited": 2**31},
    ],
)
async def test_an_invitation_has_limits(horde: Horde, root: NewAccount, body: dict[str, Any]) -> None:
    """registration.md §4.1: each field."""
    answer = await invite(horde, root, **body)
    assert answer.status_code == 400
    assert next(iter(answer.json()["errors"])).startswith(next(iter(body)))


async def test_fifty_are_listed_a_page_the_newest_first(horde: Horde, root: NewAccount) -> None:
    """registration.md §4.2: what ended a month ago is forgotten."""
    for number in range(51):
        await invite(horde, root, note=f"number {number}")
    first = await listed(horde, root)
    assert [each["note"] for each in first][:2] == ["number 50", "number 49"]
    assert len(first) == 50
    headers = {"apikey": root.api_key}
    second = await horde.client.get("/api/v2/invitations", params={"page": 2}, headers=headers)
    assert [each["note"] for each in second.json()] == ["number 0"]
    for page in (0, 201, "x"):
        wrong = await horde.client.get("/api/v2/invitations", params={"page": page}, headers=headers)
        assert wrong.status_code == 400
    await horde.sql("UPDATE invitation SET expires_at = now() - interval '29 days'")
    await horde.sql("UPDATE invitation SET expires_at = now() - interval '31 days' WHERE note = 'number 3'")
    async with await psycopg.AsyncConnection.connect(horde.dsn, autocommit=True) as conn:
        assert await store.forget_old(conn) == 1
    assert await horde.sql("SELECT count(*) FROM invitation WHERE note = 'number 3'") == [(0,)]


async def test_what_is_done_with_invitations_is_recorded_without_codes(horde: Horde, root: NewAccount) -> None:
    """registration.md §4.6: making and ending."""
    made = (await invite(horde, root, uses=3, roles=["trusted"])).json()
    await horde.client.delete(f"/api/v2/invitations/{made['id']}", headers={"apikey": root.api_key})
    entries = await horde.sql(
        "SELECT action, actor_id, subject_id, new_value FROM audit_entry WHERE subject_kind = 'invitation' ORDER BY id"
    )
    new = {"uses": 3, "lasts_s": 604_800, "roles": ["trusted"]}
    assert entries == [
        ("invitation.create", root.id, made["id"], new),
        ("invitation.revoke", root.id, made["id"], {"revoked": True}),
    ]
