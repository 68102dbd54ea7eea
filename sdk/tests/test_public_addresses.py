"""An address is public by where it leads, not by how it is written."""

from __future__ import annotations

import ipaddress

import pytest

from horde_sdk.public_addresses import is_public


@pytest.mark.parametrize(
    "inside",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.0.192",
        "192.88.99.1",
        "168.63.129.16",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fd00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "5f00::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:20::1",
        "4000::1",
        "8000::1",
        "fbff::1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "100.127.255.254",
    ],
)
def test_private_and_special_ranges_are_not_public(inside: str) -> None:
    assert not is_public(ipaddress.ip_address(inside))


@pytest.mark.parametrize(
    "inside",
    [
        "::ffff:127.0.0.1",
        "::ffff:a00:8",
        "::ffff:100.64.0.1",
        "64:ff9b::a00:8",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::a00:8",
        "64:ff9b:1:ffff::a00:8",
        "2002:a00:8::1",
        "2002:7f00:1::",
        "::10.0.0.8",
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "::ffff:0:10.0.0.8",
        "2606:4700::5efe:10.0.0.8",
        "2606:4700::200:5efe:192.168.1.1",
        "2002:101:101::5efe:10.0.0.8",
        "2001:0:4136:e378:8000:63bf:f5ff:fff7",
    ],
    ids=str,
)
def test_an_ipv6_address_that_carries_a_private_ipv4_address_is_not_public(inside: str) -> None:
    assert not is_public(ipaddress.ip_address(inside))


@pytest.mark.parametrize(
    "outside",
    [
        "64:ff9b::101:101",
        "2002:101:101::1",
        "1.1.1.1",
        "::ffff:1.1.1.1",
        "2606:4700:4700::1111",
        "2606:4700::5efe:1.1.1.1",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
    ],
)
def test_hosts_of_the_internet_are_public_also_through_tunnels(outside: str) -> None:
    assert is_public(ipaddress.ip_address(outside))
