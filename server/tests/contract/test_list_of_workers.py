"""`GET /workers` is made once a second at most for all who see the same of it (workers.md §11.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hordes import Horde, StartHorde

from horde_server.workers import listed
from horde_server.workers.shown import ShownWorkers


@pytest.fixture
def for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """No list ages: what is in the next answer all the same was noticed."""
    monkeypatch.setattr(listed, "REMEMBERED_S", 3600.0)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each time that a list is made."""
    lines: list[str] = []
    make: Callable[..., Any] = ShownWorkers.online

    async def online(self: ShownWorkers, *given: Any, **named: Any) -> Any:
        lines.append(str(named))
        return await make(self, *given, **named)

    monkeypatch.setattr(ShownWorkers, "online", online)
    return lines


async def workers(horde: Horde, key: str | None = None, **query: str) -> list[dict[str, Any]]:
    """GET /workers."""
    headers = {"apikey": key} if key is not None else {}
    answer = await horde.client.get("/api/v2/workers", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def names(horde: Horde, key: str | None = None, **query: str) -> set[str]:
    return {worker["name"] for worker in await workers(horde, key, **query)}


@pytest.mark.usefixtures("for_ever")
async def test_what_is_changed_is_in_the_next_answer(horde: Horde) -> None:
    """A worker that comes, changes what it can, is renamed, paused, put into maintenance, deleted, goes away."""
    owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
    assert await names(horde) == set()
    await horde.pop(owner.api_key, "painter")
    await horde.texts.pop(owner.api_key, "scribe")
    assert await names(horde) == {"painter", "scribe"}
    assert await names(horde, type="text") == {"scribe"}
    await horde.pop(owner.api_key, "painter", models=["Deliberate"])
    (painter,) = await workers(horde, type="image")
    assert painter["models"] == ["Deliberate"]
    path = f"/api/v2/workers/{painter['id']}"
    for change, field, value in (
        ({"name": "artist"}, "name", "artist"),
        ({"info": "in the attic"}, "info", "in the attic"),
        ({"maintenance": True}, "maintenance_mode", True),
    ):
        answer = await horde.client.put(path, json=change, headers={"apikey": owner.api_key})
        assert answer.status_code == 200, answer.text
        (painter,) = await workers(horde, type="image")
        assert painter[field] == value
    user = f"/api/v2/users/{owner.id}"
    await horde.client.put(user, json={"public_workers": True}, headers={"apikey": owner.api_key})
    assert (await workers(horde))[0]["owner"] == owner.alias
    await horde.client.put(user, json={"trusted": True}, headers={"apikey": mod.api_key})
    assert (await workers(horde))[0]["trusted"] is True
    await horde.client.delete(path, headers={"apikey": owner.api_key})
    assert await names(horde) == {"scribe"}


@pytest.mark.usefixtures("for_ever")
async def test_what_another_server_sees_is_there_as_well(start_horde: StartHorde) -> None:
    here, there = await start_horde(), await start_horde()
    owner = await here.account("owner")
    assert await names(there) == set()
    await here.pop(owner.api_key, "painter")
    await here.until(lambda: names(there), "the other server lists the worker")


async def test_figures_may_be_a_second_old(horde: Horde, made: list[str]) -> None:
    """However many ask, it is made once; of each kind likewise."""
    owner, stranger = await horde.account("owner"), await horde.account("stranger")
    await horde.pop(owner.api_key, "painter")
    made.clear()
    await asyncio.gather(*(workers(horde) for _ in range(5)), *(workers(horde, stranger.api_key) for _ in range(5)))
    assert len(made) == 1
    await asyncio.gather(*(workers(horde, type="image") for _ in range(5)))
    assert len(made) == 2


@pytest.mark.usefixtures("for_ever")
async def test_who_sees_more_gets_a_list_of_their_own(horde: Horde) -> None:
    """Owners and moderators; and nobody else sees what is in theirs."""
    owner, mod = await horde.account("owner"), await horde.account("mod", moderator=True)
    await horde.pop(owner.api_key, "painter")
    for key, seen in ((None, False), (owner.api_key, True), (None, False), (mod.api_key, True), (None, False)):
        (painter,) = await workers(horde, key)
        assert ("ipaddr" in painter) is seen


async def test_moderators_share_a_list_and_owners_the_one_of_all(horde: Horde, made: list[str]) -> None:
    """Neither makes a list of all workers for one of them alone; what they see more of is there."""
    owner, other = await horde.account("owner"), await horde.account("other")
    mods = [await horde.account(name, moderator=True) for name in ("mod", "mod too")]
    await horde.pop(owner.api_key, "painter")
    await horde.pop(other.api_key, "sculptor")
    made.clear()
    for mod in mods:
        assert {worker["name"]: "ipaddr" in worker for worker in await workers(horde, mod.api_key)} == {
            "painter": True,
            "sculptor": True,
        }
    for who, own in ((owner, "painter"), (other, "sculptor")):
        seen = {worker["name"]: "ipaddr" in worker for worker in await workers(horde, who.api_key)}
        assert seen == {name: name == own for name in ("painter", "sculptor")}
    assert len(made) == 2
    (painter,) = [worker for worker in await workers(horde, mods[0].api_key) if worker["name"] == "painter"]
    await horde.client.put(
        f"/api/v2/workers/{painter['id']}", json={"paused": True}, headers={"apikey": mods[0].api_key}
    )
    for key in (mods[1].api_key, owner.api_key):
        assert {each["name"]: each.get("paused") for each in await workers(horde, key)}["painter"] is True


async def test_a_kind_that_is_none_has_no_workers_and_is_not_remembered(horde: Horde, made: list[str]) -> None:
    for _ in range(2):
        assert await names(horde, type="nothing") == set()
    assert len(made) == 2
