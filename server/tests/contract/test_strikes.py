"""Who is struck for a refused prompt: a public address, else the account (docs/moderation.md).

Harmless words stand in for what a horde really looks for: a kitten must not be wet here.
"""

from __future__ import annotations

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.settings import Profile

ANONYMOUS = "0000000000"
TROLL, BYSTANDER = "198.51.100.66", "198.51.100.77"


@pytest.fixture
async def mod(horde: Horde) -> str:
    """A moderator's key."""
    return str((await horde.account("mod", moderator=True)).api_key)


@pytest.fixture
async def no_wet_kittens(horde: Horde, mod: str) -> None:
    """One filter of each group, known to every node that starts later."""
    for regex, filter_type in ((r"\bkitten\b", 10), (r"\bwet\b", 20)):
        body = {"regex": regex, "filter_type": filter_type}
        answer = await horde.client.put("/api/v2/filters", json=body, headers={"apikey": mod})
        assert answer.status_code == 200, answer.text


async def ask_from(
    horde: Horde, address: str, key: str = ANONYMOUS, prompt: str = "a wet kitten", **headers: str
) -> tuple[int, str | None]:
    """The outcome of POST async from an address."""
    body = {"prompt": prompt, "replacement_filter": False}
    async with horde.client_at(address) as client:
        return outcome(await client.post("/api/v2/generate/async", json=body, headers={"apikey": key, **headers}))


async def pop_from(horde: Horde, address: str, key: str, name: str = "worker") -> tuple[int, str | None]:
    """The outcome of POST pop from an address."""
    body = {"name": name, "models": ["stable_diffusion"]}
    async with horde.client_at(address) as client:
        return outcome(await client.post("/api/v2/generate/pop", json=body, headers={"apikey": key}))


def outcome(answer: httpx.Response) -> tuple[int, str | None]:
    """Status and return code."""
    return answer.status_code, answer.json().get("rc")


async def struck(horde: Horde) -> list[str]:
    """Everything in time-out."""
    return [str(row[0]) for row in await horde.sql("SELECT network::text FROM address_timeout ORDER BY network")]


@pytest.mark.parametrize(
    "header", [{"X-Forwarded-For": BYSTANDER}, {"Forwarded": f"for={BYSTANDER}"}, {"X-Real-IP": BYSTANDER}], ids=str
)
async def test_nobody_gets_somebody_elses_address_struck(
    horde: Horde, no_wet_kittens: None, header: dict[str, str]
) -> None:
    """A forged header of a stranger harms the stranger, not the one who is named, who asks and serves as before."""
    owner = await horde.account("owner")
    assert await ask_from(horde, TROLL, **header) == (400, "CorruptPrompt")
    assert await struck(horde) == [f"{TROLL}/32"]
    assert (await ask_from(horde, BYSTANDER, prompt="a lighthouse"))[0] == 202
    assert (await pop_from(horde, BYSTANDER, owner.api_key))[0] == 200
    assert await ask_from(horde, TROLL, prompt="a lighthouse", **header) == (403, "TimeoutIP")


async def test_a_time_out_is_not_escaped_by_naming_another_address(horde: Horde, mod: str) -> None:
    """Whoever is kept out stays out, whatever the headers say."""
    body = {"ipaddr": TROLL, "hours": 1}
    await horde.client.post("/api/v2/operations/ipaddr", json=body, headers={"apikey": mod})
    for header in ({}, {"X-Forwarded-For": "203.0.113.1"}, {"Forwarded": "for=203.0.113.1"}, {"X-Real-IP": "8.8.8.8"}):
        assert await ask_from(horde, TROLL, prompt="a lighthouse", **header) == (403, "TimeoutIP")


async def test_the_second_line_of_a_proxy_counts(horde: Horde, no_wet_kittens: None) -> None:
    """HAProxy adds a line of its own below the client's: the last address of the last line is struck."""
    lines = [("apikey", ANONYMOUS), ("X-Forwarded-For", BYSTANDER), ("X-Forwarded-For", TROLL)]
    body = {"prompt": "a wet kitten", "replacement_filter": False}
    answer = await horde.client.post("/api/v2/generate/async", json=body, headers=lines)
    assert horde.outcome(answer) == (400, "CorruptPrompt")
    assert await struck(horde) == [f"{TROLL}/32"]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "192.168.1.20", "10.0.0.7", "172.18.0.2", "100.64.0.9", "fd00::5", "fe80::1%eth0"]
)
async def test_private_addresses_are_never_struck(horde: Horde, no_wet_kittens: None, address: str) -> None:
    """One troll behind a shared address stops nobody else there, and no worker: the troll's account is struck."""
    bob, ada, owner = [await horde.account(name) for name in ("bob", "ada", "owner")]
    assert await ask_from(horde, address, bob.api_key) == (400, "CorruptPrompt")
    assert await struck(horde) == [f"100::{bob.id:x}/128"]
    assert await ask_from(horde, address, bob.api_key, "a lighthouse") == (403, "TimeoutIP")
    for key in (ada.api_key, ANONYMOUS):
        assert (await ask_from(horde, address, key, "a lighthouse"))[0] == 202
    assert (await pop_from(horde, address, owner.api_key))[0] == 200


async def test_in_a_household_no_address_is_struck(start_horde: StartHorde, horde: Horde, no_wet_kittens: None) -> None:
    """Also a public one: behind it is the household."""
    home = await start_horde(profile=Profile.HOUSEHOLD)
    bob = await horde.account("bob")
    assert await ask_from(home, TROLL, bob.api_key) == (400, "CorruptPrompt")
    assert await struck(home) == [f"100::{bob.id:x}/128"]
    assert await ask_from(home, BYSTANDER, bob.api_key, "a lighthouse") == (403, "TimeoutIP")
    assert (await ask_from(home, TROLL, prompt="a lighthouse"))[0] == 202


async def test_anonymous_is_everybody_and_is_not_struck(horde: Horde, no_wet_kittens: None) -> None:
    """The refusal of the prompt is all, where the address is not struck either."""
    assert await ask_from(horde, "192.168.1.20") == (400, "CorruptPrompt")
    assert await struck(horde) == []
    assert (await ask_from(horde, "192.168.1.20", prompt="a lighthouse"))[0] == 202


async def test_a_proxy_of_ours_is_never_struck(start_horde: StartHorde, horde: Horde, no_wet_kittens: None) -> None:
    """A trusted proxy at a public address that once names nobody must not take everybody behind it along."""
    behind = await start_horde(trusted_proxies=["203.0.113.0/24"])
    bob = await horde.account("bob")
    assert await ask_from(behind, "203.0.113.5", bob.api_key) == (400, "CorruptPrompt")
    assert await struck(behind) == [f"100::{bob.id:x}/128"]


async def test_a_struck_account_is_told_in_a_sentence_and_waits_longer_each_time(
    start_horde: StartHorde, horde: Horde, no_wet_kittens: None
) -> None:
    """3 minutes, then 9; all kinds of requests are refused, its workers go on, what it asked for is followed."""
    bob = await horde.account("bob")
    before = await horde.request(bob.api_key)
    for minutes in (3, 9):
        answer = await horde.ask(bob.api_key, "a wet kitten", replacement_filter=False)
        assert horde.outcome(answer) == (400, "CorruptPrompt")
        for refused in (
            await horde.ask(bob.api_key), await horde.texts.ask(bob.api_key),
            await horde.alchemy.ask("caption", key=bob.api_key),
        ):  # fmt: skip
            assert horde.outcome(refused) == (403, "TimeoutIP")
            left_s = int(refused.headers["retry-after"])
            assert minutes * 60 - 10 <= left_s <= minutes * 60
            assert refused.json()["message"].startswith(f"Your account is in time-out for {left_s} more seconds")
        assert (await horde.try_pop(bob.api_key)).status_code == 200
        await horde.status(before)
        await horde.sql("UPDATE address_timeout SET ends_at = now()")
        horde = await start_horde()  # which finds that the time-out is over


async def test_a_service_is_struck_lightly(start_horde: StartHorde, horde: Horde, no_wet_kittens: None) -> None:
    """Services send other people's prompts: at most five minutes, not nine."""
    service = await horde.account("service", columns={"service": True})
    for seconds in (180, 300):
        await horde.ask(service.api_key, "a wet kitten", replacement_filter=False)
        left_s = int((await horde.ask(service.api_key)).headers["retry-after"])
        assert seconds - 10 <= left_s <= seconds
        await horde.sql("UPDATE address_timeout SET ends_at = now()")
        horde = await start_horde()


async def test_moderators_see_and_lift_the_time_out_of_an_account(horde: Horde, mod: str, no_wet_kittens: None) -> None:
    """It stands at 100::NUMBER among those of addresses."""
    bob = await horde.account("bob")
    await horde.ask(bob.api_key, "a wet kitten", replacement_filter=False)
    name = f"100::{bob.id:x}"
    seen = await horde.client.get(f"/api/v2/operations/ipaddr/{name}", headers={"apikey": mod})
    assert [each["ipaddr"] for each in seen.json()] == [name]
    lifted = await horde.client.request(
        "DELETE", "/api/v2/operations/ipaddr", json={"ipaddr": f"{name}/128"}, headers={"apikey": mod}
    )
    assert lifted.status_code == 200
    assert (await horde.ask(bob.api_key)).status_code == 202


async def test_a_block_of_addresses_is_none_of_accounts(horde: Horde, mod: str) -> None:
    """Whoever keeps out all of IPv6 keeps out no account."""
    bob = await horde.account("bob")
    body = {"ipaddr": "0000::/0", "hours": 1}
    answer = await horde.client.post("/api/v2/operations/ipaddr", json=body, headers={"apikey": mod})
    assert answer.status_code == 200, answer.text
    assert (await horde.ask(bob.api_key)).status_code == 202
