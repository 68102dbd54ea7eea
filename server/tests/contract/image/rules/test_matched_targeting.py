"""Workers that know who asks: HORDE_REQUIRE_MATCHED_TARGETING (workers.md §5.19)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def module_settings() -> dict[str, Any]:
    """With the rule."""
    return {"require_matched_targeting": True}


async def worker_id(horde: Horde, name: str) -> str:
    ((found,),) = await horde.sql("SELECT id::text FROM worker WHERE name = %s", name)
    return str(found)


async def test_named_workers_serve_whom_they_know(horde: Horde) -> None:
    """§5.19: an allow-listed request is served to its workers' owner and friends only; else `worker_id`."""
    owner, friend, other = [await horde.account(name) for name in ("bea", "fay", "oda")]
    await horde.pop(owner.api_key, "bee")
    bee = await worker_id(horde, "bee")
    told = (await horde.ask(other.api_key, workers=[bee])).json()
    assert [warning["code"] for warning in told["warnings"]] == ["NoAvailableWorker"]
    assert told["message"].endswith("1 are not among the workers named. By any worker: 1 worker could serve it.")
    refused = told["id"]
    answer = await horde.pop(owner.api_key, "bee", priority_usernames=[friend.alias])
    assert (answer["id"], answer["skipped"]["worker_id"]) == (None, 1)
    assert (await horde.check(refused))["is_possible"] is False
    for key in (friend.api_key, owner.api_key):
        served = await horde.request(key, workers=[bee])
        assert (await horde.check(served))["is_possible"] is True
        await horde.job(owner.api_key, "bee", priority_usernames=[friend.alias])
        assert (await horde.check(served))["processing"] == 1
    assert (await horde.check(refused))["processing"] == 0


async def test_other_requests_are_served_as_ever(horde: Horde) -> None:
    """§5.19: block-lists and requests that name no worker are for all."""
    owner = await horde.account("liz")
    await horde.pop(owner.api_key, "moth")
    moth = await worker_id(horde, "moth")
    await horde.request()
    await horde.job(owner.api_key, "moth")
    await horde.request(workers=[moth], worker_blacklist=True)
    assert (await horde.pop(owner.api_key, "moth", max_pixels=2**19))["skipped"]["worker_id"] == 1
    await horde.job(owner.api_key, "wasp")


async def test_naming_workers_costs_a_tenth_of_a_kudos(horde: Horde) -> None:
    """kudos.md §2.5: such requests are priced at 0.1 an image; a block-list is not such a request."""
    owner = await horde.account("may")
    await horde.pop(owner.api_key, "ant")
    ant = await worker_id(horde, "ant")
    plain = (await horde.ask()).json()["kudos"]
    assert plain > 1
    assert (await horde.ask(workers=[ant], worker_blacklist=True)).json()["kudos"] == plain
    named = await horde.ask(owner.api_key, workers=[ant])
    assert named.json()["kudos"] == 0  # rounded
    job = await horde.job(owner.api_key, "ant")
    assert await horde.sql("SELECT price_hundredths FROM request WHERE id = %s", named.json()["id"]) == [(10,)]
    assert (await horde.submit(owner.api_key, job["id"]))["reward"] == 0.1
