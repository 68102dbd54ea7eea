"""Addresses and blocks of them as numbers, so that looking one up costs no more than a few dictionaries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_BITS = {4: 32, 6: 128}
_HOUSEHOLD_BITS = 64
"""Providers hand out IPv6 by /64 at least: whoever has one address has all of them."""


def parse_network(text: str) -> Network | None:
    """An address or a block; None: neither, or a block with bits beyond its mask."""
    if "%" in text:  # a zone is this machine's own affair
        return None
    try:
        network = ip_network(text.strip())
    except ValueError:
        return None
    if isinstance(network, IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
        return IPv4Network((int(network.network_address.ipv4_mapped), network.prefixlen - 96))
    return network


def is_block(network: Network) -> bool:
    """Whether it holds more than one address."""
    return network.prefixlen < _BITS[network.version]


def household_of(network: Network) -> Network:
    """What is struck for what one address did: an IPv4 address itself, of IPv6 its /64."""
    if network.version == 4 or network.prefixlen <= _HOUSEHOLD_BITS:
        return network
    return network.supernet(new_prefix=_HOUSEHOLD_BITS)


@lru_cache(maxsize=4096)
def _number_of(address: str) -> tuple[int, int] | None:
    """Version and value of an address."""
    try:
        found = ip_address(address)
    except ValueError:  # no address, such as a socket's path
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.version, int(found)


class NetworkTable:
    """When the time-out of each network ends. Changing it and looking an address up cost the same at any size."""

    def __init__(self, ends: Iterable[tuple[Network, float]] = ()) -> None:
        self._ends: dict[int, dict[int, dict[int, float]]] = {4: {}, 6: {}}  # by version, length of the prefix, value
        for network, end in ends:
            self.put(network, end)

    def __bool__(self) -> bool:
        return bool(self._ends[4] or self._ends[6])

    def put(self, network: Network, end: float) -> None:
        """Add a network, or change its end."""
        by_length = self._ends[network.version]
        by_length.setdefault(network.prefixlen, {})[int(network.network_address)] = end

    def discard(self, network: Network) -> None:
        """Remove a network, if it is here."""
        by_length = self._ends[network.version]
        of_length = by_length.get(network.prefixlen)
        if of_length is not None:
            of_length.pop(int(network.network_address), None)
            if not of_length:
                del by_length[network.prefixlen]

    def latest_end(self, address: str) -> float | None:
        """The latest end among the networks that hold the address. O(different lengths of prefixes)."""
        number = _number_of(address)
        if number is None:
            return None
        version, value = number
        latest = None
        for length, ends in self._ends[version].items():
            shift = _BITS[version] - length
            end = ends.get(value >> shift << shift)
            if end is not None and (latest is None or end > latest):
                latest = end
        return latest
