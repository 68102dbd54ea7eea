"""Addresses and blocks in time-out (moderation.md §4)."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from horde_server.http.networks import (
    NetworkSet,
    NetworkTable,
    household,
    household_of,
    is_public,
    parse_network,
    site,
)


def table_of(ends: dict[str, float]) -> NetworkTable:
    """A table from networks as text."""
    return NetworkTable((network, end) for text, end in ends.items() if (network := parse_network(text)) is not None)


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("192.0.2.7", 30.0), ("192.0.2.8", 20.0), ("198.51.100.255", 10.0), ("198.51.101.0", None),
        ("2001:db8:1:2::9", 40.0), ("2001:db8:1:3::9", None), ("::ffff:192.0.2.7", 30.0), ("unix socket", None),
    ],
)  # fmt: skip
def test_the_longest_time_out_around_an_address_counts(address: str, end: float | None) -> None:
    known = {"192.0.2.7": 30.0, "192.0.2.0/24": 20.0, "198.51.100.0/24": 10.0, "2001:db8:1:2::/64": 40.0}
    assert table_of(known).latest_end(address) == end


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"), ("192.0.2.0/24", "192.0.2.0/24"), ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("2001:db8::/48", "2001:db8::/48"), (" 192.0.2.7 ", "192.0.2.7/32"), ("192.0.2.7/24", "None"),
        ("192.0.2.0/33", "None"), ("localhost", "None"), ("fe80::1%eth0", "None"), ("1", "None"),
    ],
)  # fmt: skip
def test_what_is_an_address_or_a_block(text: str, network: str) -> None:
    assert str(parse_network(text)) == network


@pytest.mark.parametrize(
    ("text", "household"),
    [
        ("192.0.2.7", "192.0.2.7/32"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1::/48", "2001:db8:1::/48"), ("192.0.2.0/24", "192.0.2.0/24"),
    ],
)  # fmt: skip
def test_of_ipv6_the_household_is_a_64(text: str, household: str) -> None:
    """§4.2: rotating inside a /64 evades nothing."""
    network = parse_network(text)
    assert network is not None
    assert str(household_of(network)) == household


@pytest.mark.parametrize(
    ("address", "key", "wider"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"), ("64:ff9b::192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1", "fe80::1"), ("fd00:1:2:3::4", "fd00:1:2:3::4", "fd00:1:2:3::4"),
        ("64:ff9b::127.0.0.1", "64:ff9b::/64", "64:ff9b::/48"), ("a:socket", "a:socket", "a:socket"), ("", "", ""),
    ],
)  # fmt: skip
def test_one_client_is_counted_under_one_key(address: str, key: str, wider: str) -> None:
    assert (household(address), site(address)) == (key, wider)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False), ("::1", False), ("10.1.2.3", False), ("172.16.0.1", False), ("172.31.255.255", False),
        ("192.168.0.1", False), ("169.254.1.1", False), ("100.64.0.1", False), ("fd00::1", False), ("fe80::1", False),
        ("::ffff:192.168.0.1", False), ("::", False), ("0.0.0.0", False), ("unix socket", False), ("", False),
        ("172.32.0.1", True), ("8.8.8.8", True), ("::ffff:8.8.8.8", True), ("2a00:1450::1", True), ("11.0.0.0", True),
    ],
)  # fmt: skip
def test_behind_a_private_address_may_be_many(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_set_of_networks_holds_their_addresses_and_forgets_no_network() -> None:
    known = NetworkSet(map(ip_network, ("10.0.0.0/8", "::ffff:192.0.2.0/120", "2001:db8::/32")))
    for number in range(10_000):  # more than are remembered
        assert f"10.0.{number % 256}.{number // 256}" in known
        assert f"11.0.{number % 256}.{number // 256}" not in known
    assert "192.0.2.9" in known
    assert "2001:db8::1%eth0" in known
    assert "nobody" not in known


def test_a_network_that_is_taken_out_holds_nobody() -> None:
    known = table_of({"192.0.2.7": 30.0, "192.0.2.0/24": 20.0})
    for text, left in (("192.0.2.7", 20.0), ("192.0.2.0/24", None), ("192.0.2.0/24", None)):
        network = parse_network(text)
        assert network is not None
        known.discard(network)
        assert known.latest_end("192.0.2.7") == left
    assert not known
