"""Bans: a bad worker does not come back by another id (moderation.md §8)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.moderation.bans.answers import BanDetails


@pytest.fixture
async def mod(horde: Horde) -> NewAccount:
    """A moderator."""
    return await horde.account("mod", moderator=True)


async def call(horde: Horde, who: NewAccount, method: str, path: str = "", body: Any = None) -> httpx.Response:
    """A call below /operations/bans."""
    return await horde.client.request(
        method, f"/api/v2/operations/bans{path}", json=body, headers={"apikey": who.api_key}
    )


async def ban(horde: Horde, who: NewAccount, **body: Any) -> dict[str, Any]:
    """POST /operations/bans."""
    answer = await call(horde, who, "POST", body=body)
    assert answer.status_code == 200, answer.text
    BanDetails.model_validate(answer.json(), strict=True)
    return dict(answer.json())


async def bans(horde: Horde, who: NewAccount, query: str = "") -> list[dict[str, Any]]:
    """GET /operations/bans."""
    answer = await call(horde, who, "GET", query)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def test_a_banned_owner_serves_with_no_worker(horde: Horde, mod: NewAccount) -> None:
    """§8.1, §8.2: neither with one that is known nor with a new one, of any kind; it may ask."""
    owner = await horde.account("owner")
    await horde.pop(owner.api_key, "known")
    made = await ban(horde, mod, user=owner.alias, days=30, reason="Black pictures.")
    for answer in (
        await horde.try_pop(owner.api_key, "known"), await horde.try_pop(owner.api_key, "new"),
        await horde.texts.try_pop(owner.api_key), await horde.alchemy.try_pop(owner.api_key),
    ):  # fmt: skip
        assert horde.outcome(answer) == (403, "WorkerBanned")
        assert answer.json()["banned_until"][:16] == made["ends"][:16]
        assert "Black pictures." in answer.json()["message"]
    assert (await horde.ask(owner.api_key)).status_code == 202
    assert await horde.sql("SELECT count(*)::int FROM worker") == [(1,)]


@pytest.mark.parametrize("name", ["bad worker", "BAD Worker", "ｂａｄ worker"])
async def test_a_banned_name_is_nobodys_in_any_case_or_width(horde: Horde, mod: NewAccount, name: str) -> None:
    owner = await horde.account("owner")
    await ban(horde, mod, worker_name="Bad Worker")
    answer = await horde.try_pop(owner.api_key, name)
    assert horde.outcome(answer) == (403, "WorkerBanned")
    assert "for good" in answer.json()["message"]
    assert "banned_until" not in answer.json()
    await horde.pop(owner.api_key, "good worker")


@pytest.mark.parametrize("name", ["Black & White", "Black &amp; White"], ids=["as sent", "as shown"])
async def test_a_name_with_markup_is_banned_as_it_is_sent_and_as_it_is_shown(
    horde: Horde, mod: NewAccount, name: str
) -> None:
    owner = await horde.account("owner")
    await horde.pop(owner.api_key, "Black & White")
    await ban(horde, mod, worker_name=name)
    assert horde.outcome(await horde.try_pop(owner.api_key, "Black & White")) == (403, "WorkerBanned")


async def test_a_banned_network_serves_nobody_and_may_ask(horde: Horde, mod: NewAccount) -> None:
    owner = await horde.account("owner")
    await ban(horde, mod, ipaddr="192.0.2.0/24", days=1)
    pop = {"name": "worker", "models": ["stable_diffusion"]}
    for address, expected in (("192.0.2.7", 403), ("198.51.100.7", 200)):
        answer = await horde.client_at(address).post(
            "/api/v2/generate/pop", json=pop, headers={"apikey": owner.api_key}
        )
        assert answer.status_code == expected, answer.text
    asked = await horde.client_at("192.0.2.7").post(
        "/api/v2/generate/async", json={"prompt": "a lighthouse"}, headers={"apikey": "0000000000"}
    )
    assert asked.status_code == 202


async def test_a_worker_is_deleted_and_banned_in_one_call(horde: Horde, mod: NewAccount) -> None:
    """§8.3: by owner, name or address, all that are named; nothing without a word of it."""
    owner, other = await horde.account("owner"), await horde.account("other")

    async def delete(who: NewAccount, query: str) -> httpx.Response:
        await horde.pop(other.api_key, "worker")
        [(worker_id,)] = await horde.sql("SELECT id FROM worker WHERE name = 'worker'")
        headers = {"apikey": who.api_key, "Audit-Reason": "Empty pictures."}
        return await horde.client.delete(f"/api/v2/workers/{worker_id}{query}", headers=headers)

    assert (await delete(mod, "")).status_code == 200
    assert await bans(horde, mod) == []
    assert horde.outcome(await delete(other, "?ban=owner")) == (403, "NotModerator")
    assert (await delete(mod, "?ban=everything")).status_code == 400
    assert (await delete(mod, "?ban=owner&ban_days=3651")).status_code == 400
    assert await bans(horde, mod) == []
    assert (await delete(mod, "?ban=owner&ban=name&ban=address&ban_days=7")).status_code == 200
    by_address, by_name, by_owner = await bans(horde, mod)
    assert (by_owner["account"], by_name["worker_name"], by_address["ipaddr"]) == (other.id, "worker", "127.0.0.1/32")
    assert by_owner["reason"] == "Empty pictures."
    assert horde.outcome(await horde.try_pop(other.api_key, "again")) == (403, "WorkerBanned")
    assert horde.outcome(await horde.try_pop(owner.api_key, "elsewhere")) == (403, "WorkerBanned")


async def test_a_ban_is_lifted_and_may_be_undone(horde: Horde, mod: NewAccount) -> None:
    """§8.4: lifted and put back at once; both are in the trail, and the owner reads of it."""
    owner = await horde.account("owner")
    made = await ban(horde, mod, user=str(owner.id))
    assert (await call(horde, mod, "DELETE", f"/{made['id']}")).status_code == 200
    await horde.pop(owner.api_key)
    assert horde.outcome(await call(horde, mod, "DELETE", f"/{made['id']}")) == (404, "BanNotFound")
    headers = {"apikey": mod.api_key}
    [lifted, added] = (await horde.client.get("/api/v2/operations/audit", headers=headers)).json()
    assert (lifted["action"], added["action"]) == ("ban.lift", "ban.add")
    undo = f"/api/v2/operations/audit/{lifted['id']}/undo"
    assert (await horde.client.post(undo, headers=headers)).status_code == 200
    assert horde.outcome(await horde.try_pop(owner.api_key)) == (403, "WorkerBanned")
    undo = f"/api/v2/operations/audit/{added['id']}/undo"
    assert (await horde.client.post(undo, headers=headers)).status_code == 200
    await horde.pop(owner.api_key)
    own = (await horde.client.get("/api/v2/audit", headers={"apikey": owner.api_key})).json()
    assert [each["action"] for each in own] == ["ban.add.undo", "ban.lift.undo", "ban.lift", "ban.add"]


async def test_a_second_ban_replaces_the_first(horde: Horde, mod: NewAccount) -> None:
    """§8.4: one ban of each at a time; the list tells of the past where it is asked to."""
    owner = await horde.account("owner")
    first = await ban(horde, mod, user=owner.alias, days=1)
    second = await ban(horde, mod, user=owner.alias, days=2, reason="Again.")
    assert [each["id"] for each in await bans(horde, mod)] == [second["id"]]
    assert [each["id"] for each in await bans(horde, mod, "?past=true")] == [second["id"], first["id"]]
    assert [each["id"] for each in await bans(horde, mod, f"?past=true&before={second['id']}")] == [first["id"]]
    assert len(await bans(horde, mod, "?past=true&limit=1")) == 1


async def test_a_ban_ends_by_itself(horde: Horde, mod: NewAccount) -> None:
    """§8.4: and who was banned may be banned again."""
    owner = await horde.account("owner")
    made = await ban(horde, mod, user=owner.alias, days=1)
    await horde.sql("UPDATE ban SET ends_at = now() - interval '1 s' WHERE id = %s", made["id"])
    assert await bans(horde, mod) == []
    assert horde.outcome(await call(horde, mod, "DELETE", f"/{made['id']}")) == (404, "BanNotFound")
    await ban(horde, mod, worker_name="another")  # the mirror is read anew
    await horde.pop(owner.api_key)
    again = await ban(horde, mod, user=owner.alias)
    assert again["id"] != made["id"]
    assert horde.outcome(await horde.try_pop(owner.api_key)) == (403, "WorkerBanned")


async def test_other_nodes_hear_of_bans(horde: Horde, start_horde: StartHorde, mod: NewAccount) -> None:
    other, owner = await start_horde(), await horde.account("owner")
    made = await ban(horde, mod, user=owner.alias)

    async def is_banned() -> bool:
        return horde.outcome(await other.try_pop(owner.api_key)) == (403, "WorkerBanned")

    await horde.until(is_banned, "the other node bans")
    await call(horde, mod, "DELETE", f"/{made['id']}")

    async def is_free() -> bool:
        return not await is_banned()

    await horde.until(is_free, "the other node lets in")


async def test_a_pop_that_waits_ends_with_the_ban(horde: Horde, mod: NewAccount) -> None:
    """§8.2: it gets no job that comes later, and nobody counts on the worker any more."""
    owner = await horde.account("owner")
    waiting = asyncio.create_task(
        horde.client.post(
            "/api/v2/generate/pop?wait=20",
            json={"name": "worker", "models": ["stable_diffusion"]},
            headers={"apikey": owner.api_key},
        )
    )

    async def is_parked() -> bool:
        return horde.app.waits() == 1

    await horde.until(is_parked, "the pop waits")
    await ban(horde, mod, worker_name="worker")
    request_id = await horde.request()
    assert (await waiting).json()["id"] is None
    assert (await horde.check(request_id))["is_possible"] is False


async def test_of_many_networks_the_one_around_is_found(horde: Horde, mod: NewAccount) -> None:
    """§8.1: whatever else is banned, in IPv4 and IPv6, and whatever is around."""
    owner = await horde.account("owner")
    for ipaddr in ("192.0.2.0/25", "198.51.100.7", "2001:db8:1::/48", "203.0.113.0/24"):
        await ban(horde, mod, ipaddr=ipaddr)
    for address, is_out in (
        ("192.0.2.7", True), ("192.0.2.200", False), ("198.51.100.7", True), ("198.51.100.8", False),
        ("2001:db8:1:2::3", True), ("2001:db8:2::3", False), ("::ffff:192.0.2.7", True),
    ):  # fmt: skip
        answer = await horde.client_at(address).post(
            "/api/v2/generate/pop",
            json={"name": "worker", "models": ["stable_diffusion"]},
            headers={"apikey": owner.api_key},
        )
        assert (answer.status_code == 403) is is_out, address


async def test_pops_ask_no_database_about_bans(horde: Horde, mod: NewAccount) -> None:
    """§8.2: a banned worker's pop is refused from memory."""
    owner = await horde.account("owner")
    await horde.pop(owner.api_key)
    await ban(horde, mod, user=owner.alias)
    await horde.sql("ALTER TABLE ban RENAME TO hidden")
    try:
        assert horde.outcome(await horde.try_pop(owner.api_key)) == (403, "WorkerBanned")
    finally:
        await horde.sql("ALTER TABLE hidden RENAME TO ban")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "BadRequest")),
        ({"user": "ada#1", "worker_name": "w"}, (400, "BadRequest")),
        ({"user": "nobody#4711"}, (404, "UserNotFound")),
        ({"user": "Anonymous#0"}, (404, "UserNotFound")),
        ({"user": "ada"}, (404, "UserNotFound")),
        ({"ipaddr": "192.0.2.7/24"}, (400, "BadRequest")),
        ({"worker_name": "w" * 101}, (400, None)),
        ({"worker_name": "w", "days": 0}, (400, None)),
        ({"worker_name": "w", "days": 3651}, (400, None)),
        ({"worker_name": "w", "reason": "r" * 501}, (400, None)),
        ({"worker_name": None}, (400, None)),
    ],
    ids=str,
)
async def test_what_is_no_ban_is_refused(horde: Horde, mod: NewAccount, body: Any, expected: Any) -> None:
    answer = await call(horde, mod, "POST", body=body)
    assert answer.status_code == expected[0], answer.text
    if expected[1]:
        assert answer.json()["rc"] == expected[1]
    assert await bans(horde, mod) == []


async def test_others_may_not(horde: Horde) -> None:
    """§8.5: bans are for moderators."""
    ada = await horde.account("ada")
    for answer in (
        await call(horde, ada, "GET"), await call(horde, ada, "POST", body={"worker_name": "w"}),
        await call(horde, ada, "DELETE", "/1"),
    ):  # fmt: skip
        assert horde.outcome(answer) == (403, "NotModerator")


async def test_an_owner_is_told_why_its_worker_is_paused(horde: Horde, mod: NewAccount) -> None:
    """workers.md §11.3: a moderator's words, or the suspicions; nobody else is told."""
    owner, other = await horde.account("owner"), await horde.account("other")
    await horde.pop(owner.api_key)
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")
    path = f"/api/v2/workers/{worker_id}"
    headers = {"apikey": mod.api_key, "Audit-Reason": "Empty pictures."}
    await horde.client.put(path, json={"paused": True}, headers=headers)

    async def shown(who: NewAccount) -> dict[str, Any]:
        return dict((await horde.client.get(path, headers={"apikey": who.api_key})).json())

    assert (await shown(owner))["paused_reason"] == "Empty pictures."
    assert "paused_reason" not in await shown(other)
    await horde.sql("UPDATE worker SET paused_reason = NULL, suspicions = '{5,5,5,5,5}'")
    told = await shown(owner)
    assert told["suspicions"] == ["unreasonably_fast"] * 5
    assert "5 suspicions" in told["paused_reason"]
    await horde.sql("UPDATE worker SET suspicions = '{}'")
    assert "ask" in (await shown(owner))["paused_reason"]
