"""Rate limits (basics.md §7.5): fixed windows per address and path, per key, raised for the trusted."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from horde_processes import free_port
from hordes import Horde, StartHorde

from horde_server.identity.rate_limits import RateLimited, RateLimitStoreUnusable, rate_limits
from horde_server.settings import Settings


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server that limits."""
    return await start_horde(rate_limits=True)


async def early_in_a_second() -> None:
    """Windows are fixed: begin one with time left in it."""
    while time.time() % 1 > 0.3:
        await asyncio.sleep(0.02)


async def get_many(horde: Horde, path: str, count: int, **headers: str) -> list[httpx.Response]:
    return [await horde.client.get(path, headers=headers) for _ in range(count)]


async def test_calls_over_the_limit_are_429_and_say_when_to_come_back(horde: Horde) -> None:
    """§7.2: 429 {"message": "10 per 1 minute"} without rc; X-RateLimit-… and Retry-After on every limited answer."""
    answers = await get_many(horde, "/api/v2/generate/status/00000000-0000-0000-0000-000000000000", 11)
    assert [answer.status_code for answer in answers] == [404] * 10 + [429]
    assert answers[0].headers["x-ratelimit-limit"] == "10"
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:3]] == ["9", "8", "7"]
    refused = answers[-1]
    assert refused.json() == {"message": "10 per 1 minute"}
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert int(refused.headers["x-ratelimit-reset"]) >= time.time() - 1
    assert refused.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("GET", "status/00000000-0000-0000-0000-000000000000", "10"),
        ("DELETE", "status/00000000-0000-0000-0000-000000000000", "10"),
        ("POST", "pop", "60"),
        ("POST", "submit", "60"),
        ("POST", "async", "90"),
    ],
)
async def test_alchemy_has_limits_of_its_own(horde: Horde, method: str, path: str, limit: str) -> None:
    """§7.3: 10/s for a status, 60/s for alchemists, else the default 90/min."""
    answer = await horde.client.request(method, f"/api/v2/interrogate/{path}")
    assert answer.headers["x-ratelimit-limit"] == limit


async def test_the_limit_is_per_path_so_per_request_id(horde: Horde) -> None:
    """§7.1: the key includes the full path."""
    await get_many(horde, "/api/v2/generate/status/00000000-0000-0000-0000-000000000000", 11)
    other = await horde.client.get("/api/v2/generate/status/00000000-0000-0000-0000-000000000001")
    assert other.status_code == 404


async def test_the_limit_is_per_address_behind_a_trusted_proxy(horde: Horde) -> None:
    """§2.5, §7: whom the proxy heard counts: the last entry of X-Forwarded-For that is no proxy's."""
    path = "/api/v2/generate/status/00000000-0000-0000-0000-000000000000"
    await get_many(horde, path, 11)
    forwarded: dict[str, Any] = {"X-Forwarded-For": "203.0.113.1, 203.0.113.2"}
    assert (await get_many(horde, path, 10, **forwarded))[-1].status_code == 404
    spoofed = {"X-Forwarded-For": "198.51.100.7, 203.0.113.2"}
    assert (await horde.client.get(path, headers=spoofed)).status_code == 429


async def get_from(horde: Horde, peer: str, path: str, count: int, **headers: str) -> list[int]:
    """The outcomes of calls of somebody who connects from an address, without a proxy between."""
    async with horde.client_at(peer) as client:
        return [(await client.get(path, headers=headers)).status_code for _ in range(count)]


async def test_a_stranger_is_limited_whatever_address_he_names(horde: Horde) -> None:
    """Guessing keys with another X-Forwarded-For each time: 90 a minute all the same."""
    statuses: list[int] = []
    for number in range(95):
        named: dict[str, Any] = {("X-Forwarded-For", "Forwarded", "X-Real-IP")[number % 3]: f"203.0.113.{number}"}
        statuses += await get_from(horde, "198.51.100.66", "/api/v2/find_user", 1, apikey="guessed", **named)
    assert (statuses.count(404), statuses.count(429)) == (90, 5)


async def test_an_ipv6_household_is_one_caller(horde: Horde) -> None:
    """Whoever has one address of a /64 has all of them."""
    path = "/api/v2/generate/status/00000000-0000-0000-0000-000000000000"
    statuses = [(await get_from(horde, f"2001:db8:1:2::{number:x}", path, 1))[0] for number in range(11)]
    assert statuses == [404] * 10 + [429]
    assert await get_from(horde, "2001:db8:1:3::1", path, 1) == [404]


async def test_one_address_does_not_use_up_what_all_without_a_key_share(horde: Horde) -> None:
    """§7.4: 60/second for the anonymous key; of a stranger that sends 200 at once two count, and others are served."""

    async def ask(peer: str, number: int) -> int:
        async with horde.client_at(peer) as client:
            named: dict[str, Any] = {"apikey": "0000000000", "X-Forwarded-For": f"203.0.113.{number}"}
            answer = await client.post("/api/v2/generate/async", json={"prompt": ""}, headers=named)
            return answer.status_code

    await early_in_a_second()
    flood = [await ask("198.51.100.66", number) for number in range(70)]
    assert set(flood[2:]) == {429}
    assert await ask("198.51.100.77", 1) == 400  # what an empty prompt gets: it passed the limits


async def test_nor_does_one_customer_with_many_ipv6_networks(horde: Horde) -> None:
    """A /48 is had for the asking: 65,536 times a /64, which get 10 a second of the 60 together."""
    limits = rate_limits(horde.settings)
    assert limits is not None

    def passes(address: str) -> bool:
        scope = {"path": "/api/v2/generate/async", "method": "POST", "headers": [(b"apikey", b"0000000000")]}
        try:
            limits(scope, address)
        except RateLimited:
            return False
        return True

    await early_in_a_second()
    assert [passes(f"2001:db8:1:{number:x}::1") for number in range(70)] == [True] * 10 + [False] * 60
    assert passes("2001:db8:2::1")
    assert passes("203.0.113.7")


async def test_checks_answered_from_memory_are_limited(horde: Horde) -> None:
    """§7.3: check 10/second per address and path."""
    request_id = await horde.request()
    await early_in_a_second()
    answers = await get_many(horde, f"/api/v2/generate/check/{request_id}", 11)
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


async def test_requests_are_two_a_second(horde: Horde) -> None:
    """§7.3: async 2/second per address and path; nothing of the refused one is stored."""
    await early_in_a_second()
    answers = [await horde.ask() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert await horde.sql("SELECT count(*) FROM request") == [(2,)]


async def test_a_key_is_limited_from_wherever_it_comes(horde: Horde) -> None:
    """§7.3: async 2/second per API key and path, 60 for the anonymous one."""
    ada = await horde.account("ada", kudos=10_000)

    async def ask_from(address: str, key: str) -> int:
        headers = {"apikey": key, "X-Forwarded-For": address}
        answer = await horde.client.post("/api/v2/generate/async", json={"prompt": "x"}, headers=headers)
        return int(answer.status_code)

    await early_in_a_second()
    assert [await ask_from(f"203.0.113.{number}", ada.api_key) for number in range(3)] == [202, 202, 429]
    assert [await ask_from(f"203.0.113.{number}", "0000000000") for number in range(10, 13)] == [202, 202, 202]


async def test_trusted_accounts_raise_the_limits_of_their_address(horde: Horde) -> None:
    """§7.5: an address from which a trusted account asked gets 10/second instead of 2."""
    ada = await horde.account("ada", kudos=10_000, trusted=True)
    await early_in_a_second()
    assert [(await horde.ask(ada.api_key)).status_code for _ in range(5)] == [202] * 5


async def test_listed_addresses_have_raised_limits(start_horde: StartHorde) -> None:
    """§7.5: the original's hard-coded list is a setting."""
    for listed in ("127.0.0.1", "127.0.0.0/8"):
        horde = await start_horde(rate_limits=True, rate_limit_whitelist=[listed])
        await early_in_a_second()
        assert [(await horde.ask()).status_code for _ in range(5)] == [202] * 5


async def test_each_of_several_processes_enforces_its_share(start_horde: StartHorde) -> None:
    """A limit holds for the horde; without a shared store each of N processes counts a share."""
    horde = await start_horde(rate_limits=True, processes=5)
    answers = await get_many(horde, "/api/v2/generate/status/00000000-0000-0000-0000-000000000000", 3)
    assert [answer.status_code for answer in answers] == [404, 404, 429]


async def test_the_heartbeat_is_never_limited(horde: Horde) -> None:
    """§7.3: status/heartbeat is exempt."""
    answers = await get_many(horde, "/api/v2/status/heartbeat", 120)
    assert {answer.status_code for answer in answers} == {200}
    assert "x-ratelimit-limit" not in answers[0].headers


async def test_without_its_shared_store_the_horde_serves_unlimited(start_horde: StartHorde) -> None:
    """A shared store that is away must not take the horde with it."""
    horde = await start_horde(rate_limits=True, rate_limit_storage=f"redis://127.0.0.1:{free_port()}")
    answers = await get_many(horde, "/api/v2/generate/status/00000000-0000-0000-0000-000000000000", 20)
    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize("url", ["nonsense://x", "async+redis://127.0.0.1"])
def test_a_shared_store_that_cannot_be_is_said_at_the_start(url: str) -> None:
    """A wrong setting is said in words, not at the first request."""
    with pytest.raises(RateLimitStoreUnusable, match="HORDE_RATE_LIMIT_STORAGE"):
        rate_limits(Settings(rate_limits=True, rate_limit_storage=url))


@pytest.mark.parametrize("settings", [{"rate_limits": False}, {"rate_limits": True, "test_ratelimit_disabled": True}])
async def test_limits_can_be_turned_off(start_horde: StartHorde, settings: dict[str, bool]) -> None:
    """HORDE_RATE_LIMITS=0, and HORDE_TEST_RATELIMIT_DISABLED=1 as in the original."""
    horde = await start_horde(**settings)
    answers = await get_many(horde, "/api/v2/generate/status/00000000-0000-0000-0000-000000000000", 20)
    assert {answer.status_code for answer in answers} == {404}


async def test_kudos_are_given_once_a_second_and_key(horde: Horde) -> None:
    """§7.3: 1/s and 90/h per API key, from whatever address; another key is not limited by it."""
    ada, bob = await horde.account("ada", kudos=125), await horde.account("bob", kudos=125)

    async def give(key: str, whom: str, address: str) -> int:
        headers = {"apikey": key, "X-Forwarded-For": address}
        body = {"username": whom, "amount": 1}
        return (await horde.client.post("/api/v2/kudos/transfer", json=body, headers=headers)).status_code

    eve = await horde.account("eve")
    await early_in_a_second()
    assert await give(ada.api_key, eve.alias, "203.0.113.1") == 200
    assert await give(ada.api_key, eve.alias, "203.0.113.2") == 429
    assert await give(bob.api_key, eve.alias, "203.0.113.1") == 200


async def test_modes_are_asked_for_less_often_than_the_rest_of_the_status(horde: Horde) -> None:
    """§7.3: status/modes 30 a minute; a worker by name 90, by id 30."""
    for path, limit in (("status/modes", "30"), ("workers/name/bee", "90"), ("workers/bee", "30")):
        answer = await horde.client.get(f"/api/v2/{path}")
        assert answer.headers["x-ratelimit-limit"] == limit, path


async def test_texts_have_their_own_limits(horde: Horde) -> None:
    """§7.3: text status 60/minute per id, text async 2/second like that of images, each path counted apart."""
    answers = await get_many(horde, "/api/v2/generate/text/status/00000000-0000-0000-0000-000000000000", 61)
    assert [answer.status_code for answer in answers] == [404] * 60 + [429]
    await early_in_a_second()
    assert [(await horde.texts.ask()).status_code for _ in range(3)] == [202, 202, 429]
    assert (await horde.ask()).status_code == 202


@pytest.mark.parametrize("route", ["pop", "submit"])
async def test_text_workers_are_limited_as_those_of_images(horde: Horde, route: str) -> None:
    """§7.3: 60/second per address, counted before anything is looked at."""
    await early_in_a_second()
    answer = await horde.client.post(f"/api/v2/generate/text/{route}")
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("60", "59")


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("styles/image", "2"),
        ("styles/text/x", "2"),
        ("collections", "2"),
        ("collections/x", "2"),
        ("styles/image_by_name/x", "90"),
        ("collection_by_name/x", "90"),
    ],
)
async def test_styles_have_their_own_limits(horde: Horde, path: str, limit: str) -> None:
    """§7.3: the tightest is told."""
    answer = await horde.client.get(f"/api/v2/{path}")
    assert answer.headers["x-ratelimit-limit"] == limit


@pytest.mark.parametrize(
    ("path", "hourly"), [("styles/text", True), ("styles/image/x", True), ("styles/text/x", False)]
)
def test_some_of_them_are_asked_for_twenty_times_an_hour(path: str, hourly: bool) -> None:
    limits = rate_limits(Settings(rate_limits=True))
    assert limits is not None
    plain, raised = limits._items_for("GET", f"/api/v2/{path}")
    assert ("20 per 1 hour" in map(str, plain)) is ("20 per 1 hour" in map(str, raised)) is hourly
    assert {"2 per 1 second", "10 per 1 second"} == {str(plain[-1]), str(raised[-1])}


async def test_examples_are_counted_apart_from_their_style(horde: Horde) -> None:
    post = await horde.client.post("/api/v2/styles/image/x/example", json={})
    change = await horde.client.patch("/api/v2/styles/image/x/example/y", json={})
    assert (post.headers["x-ratelimit-limit"], change.headers["x-ratelimit-limit"]) == ("2", "90")
