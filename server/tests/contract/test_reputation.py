"""A checker of addresses: what it says of workers, and in raid mode of requesters (moderation.md §5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hordes import Horde, StartHorde
from strange_servers import StrangeServer, answer, serving

from horde_server.accounts.creation import NewAccount
from horde_server.blobs.guard import ANYWHERE
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.database.pool import Pool
from horde_server.moderation.addresses.reputation import MOST_ASKED_AT_ONCE, REMEMBERED_S, AddressReputation, Verdict
from horde_server.moderation.modes import Modes

STRANGE = "8.8.8.8"  # public; nobody there is asked
VPN, HOME = b"0.95", b"0.9"


def says(body: bytes, status: str = "200 OK") -> bytes:
    """An answer of the checker."""
    return answer(body, status=status)


@pytest.fixture
async def checker() -> AsyncIterator[StrangeServer]:
    """A checker that takes every address for a VPN's."""
    async with serving(says(VPN)) as server:
        yield server


@pytest.fixture
async def horde(start_horde: StartHorde, checker: StrangeServer) -> Horde:
    """A server that asks it, spoken to from a public address."""
    horde = await start_horde(ip_checker=checker.url("/?of={ipaddr}"), admins=["root#1"])
    horde.client.headers["X-Forwarded-For"] = STRANGE
    return horde


@pytest.fixture(autouse=True)
async def admin(horde: Horde) -> NewAccount:
    return await horde.account("root")


async def raid(horde: Horde, admin: NewAccount) -> None:
    """Turn raid mode on."""
    changed = await horde.client.put(
        "/api/v2/status/modes", json={"raid_mode": True}, headers={"apikey": admin.api_key}
    )
    assert changed.status_code == 200


async def test_workers_at_unsafe_addresses_are_refused(horde: Horde) -> None:
    """workers.md §2.10: 403 `UnsafeIP` for untrusted owners without the vpn role, before a worker is made."""
    plain, sue = await horde.account("plain"), await horde.account("sue", trusted=True)
    vpn = await horde.account("vpn", columns={"vpn": True})
    assert horde.outcome(await horde.try_pop(plain.api_key)) == (403, "UnsafeIP")
    assert horde.outcome(await horde.texts.try_pop(plain.api_key)) == (403, "UnsafeIP")
    assert await horde.sql("SELECT count(*)::int FROM worker") == [(0,)]
    await horde.pop(sue.api_key, "trusted")
    await horde.pop(vpn.api_key, "by vpn")
    horde.client.headers["X-Forwarded-For"] = "192.168.0.7"  # nobody asks about private addresses
    await horde.pop(plain.api_key, "at home")


@pytest.mark.parametrize("said", [says(b"", "429 Too Many Requests"), b""], ids=["busy", "broken"])
async def test_an_address_that_cannot_be_checked_must_wait(horde: Horde, checker: StrangeServer, said: Any) -> None:
    """§5.2: 429 or a connection error: unknown → 403 `TooManyNewIPs`, and not remembered."""
    plain = await horde.account("plain")
    checker.answer = said
    assert horde.outcome(await horde.try_pop(plain.api_key)) == (403, "TooManyNewIPs")
    checker.answer = says(HOME)
    await horde.pop(plain.api_key)


async def test_in_raid_mode_unsafe_workers_are_let_in_and_suspected(horde: Horde, admin: NewAccount) -> None:
    """§5.2: silently, with suspicion 3, once."""
    await raid(horde, admin)
    plain = await horde.account("plain")
    for _ in range(2):
        await horde.pop(plain.api_key)
    assert await horde.sql("SELECT suspicions FROM worker") == [([3],)]
    assert await horde.sql("SELECT suspicions FROM account WHERE username = 'plain'") == [([3],)]


async def test_in_raid_mode_strangers_may_not_ask_from_unsafe_addresses(
    horde: Horde, admin: NewAccount, checker: StrangeServer
) -> None:
    """requests.md §3.26: 403 `UntrustedUnsafeIP` for images; texts, the trusted and other times are not asked about."""
    plain, sue = await horde.account("plain"), await horde.account("sue", trusted=True)
    assert (await horde.ask(plain.api_key)).status_code == 202
    assert checker.connections == 0
    await raid(horde, admin)
    assert horde.outcome(await horde.ask(plain.api_key)) == (403, "UntrustedUnsafeIP")
    assert horde.outcome(await horde.ask()) == (403, "UntrustedUnsafeIP")
    assert (await horde.ask(sue.api_key)).status_code == 202
    assert (await horde.texts.ask(plain.api_key)).status_code == 202
    picture = {"forms": [{"name": "caption"}], "source_image": "https://example.org/picture.png"}
    asked = await horde.client.post("/api/v2/interrogate/async", json=picture, headers={"apikey": plain.api_key})
    assert horde.outcome(asked) == (403, "UntrustedUnsafeIP")


async def test_in_raid_mode_the_unknown_may_ask(horde: Horde, admin: NewAccount, checker: StrangeServer) -> None:
    """requests.md §3.26: unknown = allowed."""
    checker.answer = says(b"", "429 Too Many Requests")
    await raid(horde, admin)
    assert (await horde.ask()).status_code == 202


async def test_without_a_checker_every_address_is_safe(start_horde: StartHorde, admin: NewAccount) -> None:
    horde = await start_horde(admins=["root#1"])
    horde.client.headers["X-Forwarded-For"] = STRANGE
    await raid(horde, admin)
    await horde.pop((await horde.account("plain")).api_key)
    assert (await horde.ask()).status_code == 202


# ---------------------------------------------------------------- verdicts


class Clock:
    """Seconds that pass when the test says so."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def reputation_by(checker: StrangeServer, clock: Clock, pool: Pool) -> AddressReputation:
    """A node's, with a checker."""
    modes = Modes(pool, lambda topic, ids: None)
    return AddressReputation(checker.url("/?of={ipaddr}"), GuardedFetcher(ANYWHERE), modes, clock)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (says(b"0.93"), Verdict.UNSAFE), (says(b" 1 \n"), Verdict.UNSAFE), (says(b"0.9299"), Verdict.SAFE),
        (says(b"0"), Verdict.SAFE), (says(b"nan"), Verdict.SAFE), (says(b"<html>"), Verdict.SAFE),
        (says(b"\xff"), Verdict.SAFE), (says(b"1", "404 Not Found"), Verdict.SAFE),
        (says(b"1", "500 Internal Server Error"), Verdict.SAFE), (says(b"1", "429 Too Many Requests"), Verdict.UNKNOWN),
        (says(b"1" * 2000), Verdict.UNKNOWN), (b"", Verdict.UNKNOWN),
    ],
    ids=lambda value: repr(value)[-40:],
)  # fmt: skip
async def test_what_a_checker_says(pool: Pool, said: Any, verdict: Any) -> None:
    """§5.1: safe below 0.93; 429 and broken connections are unknown, other answers safe."""
    async with serving(said) as checker:
        assert await reputation_by(checker, Clock(), pool).verdict(STRANGE) is verdict


async def test_verdicts_are_remembered_for_six_hours(pool: Pool, checker: StrangeServer) -> None:
    clock = Clock()
    reputation = reputation_by(checker, clock, pool)
    for now_s, asked in ((0, 1), (REMEMBERED_S - 1, 1), (REMEMBERED_S + 1, 2)):
        clock.now_s = now_s
        assert await reputation.verdict(STRANGE) is Verdict.UNSAFE
        assert checker.connections == asked


async def test_an_address_is_asked_about_once_at_a_time(pool: Pool, checker: StrangeServer) -> None:
    reputation = reputation_by(checker, Clock(), pool)
    assert await asyncio.gather(*(reputation.verdict(STRANGE) for _ in range(20))) == [Verdict.UNSAFE] * 20
    assert checker.connections == 1


async def test_an_ipv6_household_is_asked_about_once(pool: Pool, checker: StrangeServer) -> None:
    reputation = reputation_by(checker, Clock(), pool)
    for number in range(5):
        assert await reputation.verdict(f"2a00:1450:4001:80f::{number}") is Verdict.UNSAFE
    assert checker.connections == 1


async def test_a_crowd_of_new_addresses_does_not_flood_the_checker(pool: Pool, checker: StrangeServer) -> None:
    """Beyond so many questions at once an address is unknown for the moment."""
    reputation = reputation_by(checker, Clock(), pool)
    verdicts = await asyncio.gather(
        *(reputation.verdict(f"8.8.4.{number}") for number in range(MOST_ASKED_AT_ONCE + 9))
    )
    assert verdicts.count(Verdict.UNKNOWN) == 9
    assert checker.most_open <= MOST_ASKED_AT_ONCE
