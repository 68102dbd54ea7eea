"""What a new worker's name and owner must satisfy (workers.md §3)."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from hordes import Horde, StartHorde


@pytest.mark.parametrize("name", ["fuckbot", "My B1tch", "shit", "The-CUNT-9"])
async def test_profane_names_are_refused(horde: Horde, name: str) -> None:
    """§3.1: → 400 `ProfaneWorkerName`; nothing is created."""
    assert horde.outcome(await horde.try_pop((await horde.account()).api_key, name)) == (400, "ProfaneWorkerName")
    assert await horde.sql("SELECT count(*) FROM worker") == [(0,)]


async def test_profane_bridge_agents_are_refused(horde: Horde) -> None:
    """§3.2: → 400 `ProfaneBridgeAgent`."""
    answer = await horde.try_pop((await horde.account()).api_key, bridge_agent="motherfucker:1:https://example.org")
    assert horde.outcome(answer) == (400, "ProfaneBridgeAgent")


async def test_operators_may_bring_their_own_words(start_horde: StartHorde, tmp_path: Path) -> None:
    """HORDE_PROFANE_WORDS replaces the built-in list."""
    words = tmp_path / "words.txt"
    words.write_text("# ours\nturnip*\n", encoding="utf-8")
    horde = await start_horde(profane_words=words)
    key = (await horde.account()).api_key
    assert horde.outcome(await horde.try_pop(key, "turnips inc")) == (400, "ProfaneWorkerName")
    assert (await horde.try_pop(key, "shit")).status_code == 200


async def test_a_known_worker_is_not_asked_again(horde: Horde, tmp_path: Path) -> None:
    """§3 is for new workers only: one that was renamed by a moderator to anything goes on."""
    owner = await horde.account("owner")
    await horde.pop(owner.api_key)
    await horde.sql("UPDATE worker SET name = 'colab machine'")
    assert (await horde.try_pop(owner.api_key, "colab machine")).status_code == 200


async def pop_from(horde: Horde, address: str, key: str, name: str) -> httpx.Response:
    """POST /generate/pop as it arrives from an address, through a proxy."""
    return await horde.client.post(
        "/api/v2/generate/pop",
        json={"name": name, "models": ["stable_diffusion"]},
        headers={"apikey": key, "X-Forwarded-For": address},
    )


async def test_untrusted_accounts_share_what_a_public_address_may_have(horde: Horde) -> None:
    """§3.6, made to bite: more than 20 workers of untrusted accounts on the address → 403 `TooManySameIPs`."""
    address = "8.8.4.4"
    crowd = await horde.account("crowd")
    await horde.sql(
        "INSERT INTO worker (id, name, kind, account_id, abilities, address)"
        " SELECT gen_random_uuid(), 'crowd ' || number, 'image', %s, '{}', %s FROM generate_series(1, 21) AS number",
        crowd.id,
        address,
    )
    newcomer = await horde.account("newcomer")
    refused = await pop_from(horde, address, newcomer.api_key, "new here")
    assert horde.outcome(refused) == (403, "TooManySameIPs")
    assert (await pop_from(horde, "8.8.8.8", newcomer.api_key, "far away")).status_code == 200
    trusted = await horde.account("trusted", trusted=True)
    assert (await pop_from(horde, address, trusted.api_key, "trusted worker")).status_code == 200
    invited = await horde.account("invited", columns={"worker_invited": 30})
    assert (await pop_from(horde, address, invited.api_key, "invited worker")).status_code == 200
    await horde.sql("UPDATE worker SET last_check_in_at = now() - interval '2 days' WHERE account_id = %s", crowd.id)
    assert (await pop_from(horde, address, newcomer.api_key, "new here")).status_code == 200


async def test_an_ipv6_household_is_one_address(horde: Horde) -> None:
    """§3.6: more than 20 workers on any addresses of a /64 are too many there, and none elsewhere."""
    crowd, newcomer = await horde.account("crowd"), await horde.account("newcomer")
    await horde.sql(
        "INSERT INTO worker (id, name, kind, account_id, abilities, address)"
        " SELECT gen_random_uuid(), 'crowd ' || number, 'image', %s, '{}',"
        " CASE WHEN number < 22 THEN '2001:db8:1:2::' || number ELSE 'no:address:at:all' END"
        " FROM generate_series(1, 23) AS number",
        crowd.id,
    )
    refused = await pop_from(horde, "2001:db8:1:2:ffff::1", newcomer.api_key, "new here")
    assert horde.outcome(refused) == (403, "TooManySameIPs")
    assert (await pop_from(horde, "2001:db8:1:3::1", newcomer.api_key, "far away")).status_code == 200


async def test_the_machines_of_ones_own_network_are_not_counted(horde: Horde) -> None:
    """§3.6: private addresses, such as 127.0.0.1 of these tests, have no such limit."""
    crowd, newcomer = await horde.account("crowd"), await horde.account("newcomer")
    await horde.sql(
        "INSERT INTO worker (id, name, kind, account_id, abilities, address)"
        " SELECT gen_random_uuid(), 'crowd ' || number, 'image', %s, '{}', '127.0.0.1'"
        " FROM generate_series(1, 30) AS number",
        crowd.id,
    )
    assert (await horde.try_pop(newcomer.api_key)).status_code == 200
