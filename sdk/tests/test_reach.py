"""Which host is the horde's own is decided on what every parser of URLs reads alike."""

from __future__ import annotations

import ipaddress

import pytest

from horde_sdk.reach import ForbiddenAddress, is_same_host, networks_of, outside, outside_as_configured

HORDE = "http://127.0.0.1:7001"


@pytest.mark.parametrize(
    ("url", "horde"),
    [
        ("http://127.0.0.1:7001/blobs/a?key=1", HORDE),
        ("http://127.0.0.1:7001", f"{HORDE}/api/"),
        ("https://127.0.0.1:7001/", HORDE),
        ("http://HORDE.lan/a", "http://horde.lan:80/"),
        ("https://horde.lan:443/кот", "https://horde.lan"),
        ("http://[::1]:7001/a", "http://[::1]:7001"),
    ],
)
def test_port_and_host_make_the_hordes_own(url: str, horde: str) -> None:
    assert is_same_host(url, horde)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:7002/",
        "http://127.0.0.1/",
        "http://127.0.0.2:7001/",
        "http://10.0.0.8\\@127.0.0.1:7001/",
        "http://127.0.0.1:7001\\@10.0.0.8/",
        "http://127.0.0.1:7001@10.0.0.8/",
        "http://10.0.0.8#@127.0.0.1:7001/",
        "http://10.0.0.8?@127.0.0.1:7001/",
        "http://user:password@127.0.0.1:7001/",
        "http://127.0.0\t.1:7001/",
        "http://127.0.0.1 :7001/",
        "ht\ttp://127.0.0.1:7001/",
        " http://127.0.0.1:7001/",
        "http:127.0.0.1:7001/",
        "//127.0.0.1:7001/",
        "file://127.0.0.1:7001/",
        "http://127.0.0.1:70010/",
        "http://[::1",
        "",
    ],
)
def test_what_could_be_read_as_another_host_is_not_the_hordes_own(url: str) -> None:
    assert not is_same_host(url, HORDE)


def test_the_owners_networks_are_within_reach_on_any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_PRIVATE_NETWORKS", " 192.168.1.0/24,fd00::/8 , ")
    reach = outside_as_configured()

    assert [reach.allows(ipaddress.ip_address(one), 9000) for one in ("192.168.1.7", "fd00::1", "1.1.1.1")] == [
        True
    ] * 3
    with pytest.raises(ForbiddenAddress):
        reach.check("192.168.2.7", 9000)


def test_without_any_named_only_the_internet_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HORDE_PRIVATE_NETWORKS", raising=False)

    assert outside_as_configured() == outside()
    with pytest.raises(ForbiddenAddress):
        outside().check("fe80::1%lo", 80)


@pytest.mark.parametrize("text", ["home", "192.168.1.7/24", "10.0.0.0/33", "10.0.0.0/8;fd00::/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|prefix|host bits|netmask"):
        networks_of(text)
