"""A proxy in front: what it says counts where it is trusted, in links too, and one that is not trusted is noticed."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde, StartHorde
from pydantic import ValidationError

from horde_server.settings import Settings

AGENT = "AI Horde Worker reGen:13.0.0:https://example.org"
CONTAINER, STRANGER = "172.18.0.2", "203.0.113.200"


async def test_a_proxy_in_a_containers_network_is_trusted_when_it_is_named(start_horde: StartHorde) -> None:
    """Its clients are kept out one by one; without the setting all behind it are one."""
    named, unnamed = await start_horde(trusted_proxies=["172.18.0.0/16"]), await start_horde()
    mod = await named.account("mod", moderator=True)
    for horde, outcomes in ((named, [403, 202]), (unnamed, [202, 202])):
        body = {"ipaddr": "198.51.100.66", "hours": 1}
        await horde.client.post("/api/v2/operations/ipaddr", json=body, headers={"apikey": mod.api_key})
        async with horde.client_at(CONTAINER) as proxy:
            found = [
                await proxy.post(
                    "/api/v2/generate/async",
                    json={"prompt": "a lighthouse"},
                    headers={"apikey": "0000000000", "X-Forwarded-For": client},
                )
                for client in ("198.51.100.66", "198.51.100.77")
            ]
        assert [answer.status_code for answer in found] == outcomes


@pytest.mark.parametrize(
    ("peer_address", "header", "scheme"),
    [
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, "https"), ("127.0.0.1", {"Forwarded": "proto=https"}, "https"),
        (STRANGER, {"X-Forwarded-Proto": "https"}, "http"), (STRANGER, {"Forwarded": "for=::1;proto=https"}, "http"),
    ],
)  # fmt: skip
async def test_links_have_the_scheme_that_a_trusted_proxy_names(
    horde: Horde, peer_address: Any, header: dict[str, Any], scheme: str
) -> None:
    owner = await horde.account("owner")
    await horde.request()
    body = {"name": "worker", "models": ["stable_diffusion"], "max_pixels": 1_048_576, "bridge_agent": AGENT}
    async with horde.client_at(peer_address) as client:
        popped = await client.post("/api/v2/generate/pop", json=body, headers={"apikey": owner.api_key, **header})
    assert popped.json()["r2_upload"].startswith(f"{scheme}://horde.test/")


async def test_a_proxy_that_is_not_trusted_is_told_to_whoever_asks_on_this_machine(horde: Horde) -> None:
    """`/proxyz` for `horde doctor`; for others there is nothing."""
    for address in (CONTAINER, CONTAINER, STRANGER):
        async with horde.client_at(address) as client:
            await client.get("/api/v2/status/heartbeat", headers={"X-Forwarded-For": "198.51.100.77"})
            assert (await client.get("/proxyz")).status_code == 404
    seen = await horde.client.get("/proxyz")
    assert seen.json() == {"untrusted_peers": {CONTAINER: 2}, "strangers_headers": 1}
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert (await horde.client.get("/proxyz", headers={header: "127.0.0.1"})).status_code == 404


@pytest.mark.parametrize(
    "written", ['["10.0.0.0/8", "::1"]', "10.0.0.0/8,::1", " 10.0.0.0/8 , ::1,", "10.0.0.0/255.0.0.0,::1/128"]
)
def test_the_setting_is_a_json_list_or_has_commas(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("HORDE_TRUSTED_PROXIES", written)
    assert [str(network) for network in Settings().trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    again = Settings.model_validate_json(Settings().model_dump_json())  # as child processes get it
    assert again.trusted_proxies == Settings().trusted_proxies


def test_the_setting_may_name_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for written in ("[]", ""):
        monkeypatch.setenv("HORDE_TRUSTED_PROXIES", written)
        assert Settings().trusted_proxies == []


@pytest.mark.parametrize("written", ["nginx", "10.0.0.1/8", "[10.0.0.0/8", '["10.0.0.0/33"]', "10.0.0.0/8 ::1"])
def test_a_setting_that_is_no_list_of_networks_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("HORDE_TRUSTED_PROXIES", written)
    with pytest.raises(ValidationError, match=r"172\.18\.0\.0/16"):
        Settings()
