"""Passkeys of services: `Proxied-For` with `Proxy-Authorization` (basics.md §2.6)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.identity.proxied_clients import ProxiedClients

CLIENT = "203.0.113.50"
SERVICE = "198.51.100.5"


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server that limits; account 1 administers it."""
    started = await start_horde(rate_limits=True, admins=["root#1"])
    await started.account("root")
    return started


async def service_with_passkey(horde: Horde, name: str = "bot", **columns: Any) -> tuple[NewAccount, str]:
    """A service account, and its passkey."""
    service = await horde.account(name, kudos=10_000, columns={"service": True, **columns})
    made = await horde.client.put(
        f"/api/v2/users/{service.id}", json={"generate_proxy_passkey": True}, headers={"apikey": service.api_key}
    )
    assert made.status_code == 200, made.text
    return service, str(made.json()["proxy_passkey"])


async def ask(
    horde: Horde, service: NewAccount, passkey: str | None, address: str = CLIENT, path: str = "async", **body: Any
) -> httpx.Response:
    """A request of a service in the name of a client."""
    headers = {"apikey": service.api_key, "Proxied-For": address}
    if passkey is not None:
        headers["Proxy-Authorization"] = passkey
    async with horde.client_at(SERVICE) as client:
        return await client.post(f"/api/v2/generate/{path}", json={"prompt": "a lighthouse", **body}, headers=headers)


async def addresses_of_requests(horde: Horde) -> list[str]:
    """Where the requests came from, as it is kept."""
    return [row[0] for row in await horde.sql("SELECT address FROM request ORDER BY created_at, id")]


async def test_the_proxied_address_is_kept_with_the_request(horde: Horde) -> None:
    """§2.6: of images and texts, IPv6 in its one spelling; without a word of the service its own counts."""
    service, passkey = await service_with_passkey(horde)
    assert (await ask(horde, service, passkey)).status_code == 202
    assert (await ask(horde, service, passkey, path="text/async")).status_code == 202
    assert (await ask(horde, service, passkey, address="2001:DB8:0::7")).status_code == 202
    assert (await ask(horde, service, None)).status_code == 202
    assert await addresses_of_requests(horde) == [CLIENT, CLIENT, "2001:db8::7", SERVICE]


@pytest.mark.parametrize("passkey", ["x" * 22, "", "short", "x" * 300, "ÿ" * 22])
async def test_a_made_up_passkey_changes_nothing(horde: Horde, passkey: str) -> None:
    """§2.6: as if `Proxied-For` had not been sent, although there are good passkeys."""
    service, _ = await service_with_passkey(horde)
    headers = [(b"apikey", service.api_key.encode()), (b"proxied-for", CLIENT.encode())]
    async with horde.client_at(SERVICE) as client:
        answer = await client.post(
            "/api/v2/generate/async",
            json={"prompt": "x"},
            headers=[*headers, (b"proxy-authorization", passkey.encode("latin-1"))],
        )
    assert answer.status_code == 202
    assert await addresses_of_requests(horde) == [SERVICE]


@pytest.mark.parametrize("address", ["nonsense", "", "203.0.113.0/24", "1" * 200, "203.0.113.7, 203.0.113.8"])
async def test_what_is_no_address_changes_nothing(horde: Horde, address: str) -> None:
    service, passkey = await service_with_passkey(horde)
    assert (await ask(horde, service, passkey, address=address)).status_code == 202
    assert await addresses_of_requests(horde) == [SERVICE]


@pytest.mark.parametrize("change", [{"flagged": True}, {"service": False}, {"generate_proxy_passkey": True}])
async def test_a_passkey_ends_with_what_it_stands_for(horde: Horde, change: dict[str, Any]) -> None:
    """§2.6: when the service is flagged, is one no more, or has another passkey made."""
    service, passkey = await service_with_passkey(horde)
    mod = await horde.account("mod", moderator=True)
    key = service.api_key if "generate_proxy_passkey" in change else mod.api_key
    done = await horde.client.put(f"/api/v2/users/{service.id}", json=change, headers={"apikey": key})
    assert done.status_code == 200, done.text
    assert (await ask(horde, service, passkey)).status_code == 202
    assert await addresses_of_requests(horde) == [SERVICE]


async def test_the_proxied_address_counts_for_rate_limits(horde: Horde) -> None:
    """§2.6: each client has the limits of its own address, and the service's key is no bottleneck."""
    service, passkey = await service_with_passkey(horde)
    while time.time() % 1 > 0.2:
        await asyncio.sleep(0.02)
    of_many = [(await ask(horde, service, passkey, address=f"203.0.113.{n}")).status_code for n in range(5)]
    of_one = [(await ask(horde, service, passkey)).status_code for _ in range(3)]
    assert of_many == [202] * 5
    assert of_one == [202, 202, 429]


async def test_clients_of_a_service_are_not_trusted_by_it(horde: Horde) -> None:
    """§7.5: an address gets raised limits where a service asks for itself, not where it is told."""
    service, passkey = await service_with_passkey(horde)
    await ask(horde, service, passkey)
    async with horde.client_at(CLIENT) as client:
        answer = await client.get("/api/v2/status/models")
    assert answer.headers["x-ratelimit-limit"] == "90"
    await ask(horde, service, None)
    async with horde.client_at(SERVICE) as client:
        answer = await client.get("/api/v2/status/models")
    assert answer.headers["x-ratelimit-limit"] == "300"


async def test_the_proxied_address_counts_for_time_outs(horde: Horde) -> None:
    """§2.6: a client in time-out is refused through the service; other clients are not."""
    service, passkey = await service_with_passkey(horde)
    mod = await horde.account("mod", moderator=True)
    set_ = await horde.client.post(
        "/api/v2/operations/ipaddr", json={"ipaddr": CLIENT, "hours": 1}, headers={"apikey": mod.api_key}
    )
    assert set_.status_code == 200
    assert horde.outcome(await ask(horde, service, passkey)) == (403, "TimeoutIP")
    assert (await ask(horde, service, passkey, address="203.0.113.51")).status_code == 202


async def test_workers_and_alchemy_count_for_where_they_come_from(horde: Horde) -> None:
    """§2.6: elsewhere only the rate limits go by `Proxied-For`."""
    service, passkey = await service_with_passkey(horde)
    headers = {"apikey": service.api_key, "Proxied-For": CLIENT, "Proxy-Authorization": passkey}
    async with horde.client_at(SERVICE) as client:
        popped = await client.post(
            "/api/v2/generate/pop", json={"name": "worker", "models": ["stable_diffusion"]}, headers=headers
        )
    assert popped.status_code == 200, popped.text
    assert await horde.sql("SELECT address FROM worker") == [(SERVICE,)]


async def test_only_a_hash_is_kept_also_of_what_the_release_before_writes(horde: Horde) -> None:
    """§2.6: nodes of the release before write passkeys in clear: they never stand so in a row, and are good here."""
    service = await horde.account("bot", columns={"service": True})
    await horde.sql("UPDATE account SET proxy_passkey = 'abcdefghijklmnopqrstuv' WHERE id = %s", service.id)
    assert await horde.sql("SELECT proxy_passkey FROM account WHERE id = %s", service.id) == [(None,)]
    mod = await horde.account("mod", moderator=True)
    await horde.client.put(f"/api/v2/users/{service.id}", json={"vpn": True}, headers={"apikey": mod.api_key})
    assert (await ask(horde, service, "abcdefghijklmnopqrstuv")).status_code == 202
    assert await addresses_of_requests(horde) == [CLIENT]


def test_every_passkey_is_compared_whichever_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """In constant time: the place of the right one among others tells nothing."""
    compared: list[bytes] = []

    def compare(_sent: bytes, known: bytes) -> bool:
        compared.append(known)
        return known == b"1"

    monkeypatch.setattr("horde_server.identity.proxied_clients.hmac.compare_digest", compare)
    clients = ProxiedClients(None, b"salt")  # type: ignore[arg-type] # nothing is read
    clients._hashes = (b"1", b"2", b"3")
    scope = {"headers": [(b"proxied-for", b"203.0.113.1"), (b"proxy-authorization", b"x" * 22)]}
    assert clients(scope) == "203.0.113.1"
    assert compared == [b"1", b"2", b"3"]
