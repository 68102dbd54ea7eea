"""The list of suspicions, for moderators (moderation.md §3.5)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde

from horde_server.accounts.creation import NewAccount
from horde_server.moderation.suspicions.answers import Suspected


@pytest.fixture
async def mod(horde: Horde) -> NewAccount:
    """A moderator."""
    return await horde.account("mod", moderator=True)


async def listed(horde: Horde, mod: NewAccount, query: str = "") -> list[dict[str, Any]]:
    """GET /operations/suspicions."""
    answer = await horde.client.get(f"/api/v2/operations/suspicions{query}", headers={"apikey": mod.api_key})
    assert answer.status_code == 200, answer.text
    for each in answer.json():
        Suspected.model_validate(each, strict=True)
    return list(answer.json())


async def test_accounts_and_workers_with_the_reasons(horde: Horde, mod: NewAccount) -> None:
    """§3.5: how often each was noted; of a worker its owner, and whether and why it is paused."""
    owner = await horde.account("owner", columns={"suspicions": [8, 5, 5, 99]})
    await horde.account("nobody suspects")
    await horde.pop(owner.api_key)
    await horde.sql("UPDATE worker SET suspicions = '{5,5,9,9,3}', paused = true, paused_reason = 'Odd.'")
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")
    assert await listed(horde, mod) == [
        {"id": str(owner.id), "name": owner.alias, "count": 4, "trusted": False,
         "reasons": {"corrupt_prompt": 1, "unreasonably_fast": 2, "reason_99": 1}},
    ]  # fmt: skip
    assert await listed(horde, mod, "?of=workers") == [
        {"id": str(worker_id), "name": "worker", "owner": owner.alias, "count": 5, "trusted": False, "paused": True,
         "paused_reason": "Odd.", "reasons": {"unreasonably_fast": 2, "too_many_jobs_aborted": 2, "unsafe_ip": 1}},
    ]  # fmt: skip


async def test_in_pages_and_from_so_many_on(horde: Horde, mod: NewAccount) -> None:
    """§3.5: by id, `after` the last one known."""
    made = [await horde.account(f"user{n}", columns={"suspicions": [5] * n}) for n in (1, 2, 3)]
    for account in made:
        await horde.pop(account.api_key, account.username)
    await horde.sql("UPDATE worker SET suspicions = '{9}'")
    ids = [str(account.id) for account in made]
    assert [each["id"] for each in await listed(horde, mod, "?limit=2")] == ids[:2]
    assert [each["id"] for each in await listed(horde, mod, f"?limit=2&after={ids[1]}")] == ids[2:]
    assert [each["id"] for each in await listed(horde, mod, "?at_least=2")] == ids[1:]
    workers = await listed(horde, mod, "?of=workers")
    assert len(workers) == 3
    assert await listed(horde, mod, f"?of=workers&after={workers[0]['id']}") == workers[1:]


@pytest.mark.parametrize(
    "query", ["of=teams", "limit=0", "limit=101", "at_least=0", "after=x", "of=workers&after=1", f"after={'1' * 37}"]
)
async def test_what_cannot_be_listed_is_refused(horde: Horde, mod: NewAccount, query: str) -> None:
    answer = await horde.client.get(f"/api/v2/operations/suspicions?{query}", headers={"apikey": mod.api_key})
    assert answer.status_code == 400, answer.text


async def test_time_outs_of_accounts_and_single_addresses_are_listed_on_demand(horde: Horde, mod: NewAccount) -> None:
    """§4.5: `all`; the plain list stays as it is on the original."""
    headers = {"apikey": mod.api_key}
    for ipaddr in ("192.0.2.0/24", "192.0.2.7"):
        await horde.client.post("/api/v2/operations/ipaddr", json={"ipaddr": ipaddr, "hours": 1}, headers=headers)
    await horde.sql(
        """INSERT INTO address_timeout (network, ends_at, strikes, struck_at)
           VALUES (%s, now() + interval '1 h', 2, now())""",
        f"100::{mod.id:x}/128",
    )

    async def shown(query: str) -> list[dict[str, Any]]:
        answer = await horde.client.get(f"/api/v2/operations/ipaddr{query}", headers=headers)
        assert answer.status_code == 200
        return list(answer.json())

    assert [each["ipaddr"] for each in await shown("")] == ["192.0.2.0/24"]
    found = await shown("?all=true")
    assert [each["ipaddr"] for each in found] == ["192.0.2.0/24", "192.0.2.7", ""]
    assert (found[2]["account"], found[2]["strikes"]) == (mod.id, 2)
    assert await shown(f"?all=true&after={found[0]['id']}&limit=1") == found[1:2]
    refused = await horde.client.get("/api/v2/operations/ipaddr?all=true&limit=1001", headers=headers)
    assert refused.status_code == 400
