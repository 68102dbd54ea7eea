"""Addresses and blocks of them as numbers, so that looking one up costs no more than a few dictionaries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_BITS = {4: 32, 6: 128}
_HOUSEHOLD_BITS = 64
"""Providers hand out IPv6 by /64 at least: whoever has one address has all of them."""
_SITE_BITS = 48
"""The largest that one customer gets for the asking: 65,536 times a /64."""
_OWN_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.168.0.0/16",
        ),
    )
)  # fmt: skip
_DISCARDED = int(IPv6Address("100::"))
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""What is in front turns IPv4 into IPv6 (NAT64, RFC 6052): the last four bytes are the client's own address."""


def parse_network(text: str) -> Network | None:
    """An address or a block; None: neither, or a block with bits beyond its mask."""
    if "%" in text:  # a zone is this machine's own affair
        return None
    try:
        network = ip_network(text.strip())
    except ValueError:
        return None
    return _unmapped(network)


def _unmapped(network: Network) -> Network:
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


def parse_address(text: str) -> Address | None:
    """An address as it counts: without its zone, and IPv4 where it is that in the clothes of IPv6. None: no address."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:  # such as a socket's path
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _TRANSLATED:
            translated = IPv4Address(int(found) & 0xFFFFFFFF)
            if not any(translated in network for network in _OWN_IPV4):  # nobody becomes this machine by it
                return translated
    return found


@lru_cache(maxsize=16_384)
def normalised(address: str) -> str:
    """An address in its one spelling; what is none stays as it is."""
    found = parse_address(address)
    return address if found is None else str(found)


def household(address: str) -> str:
    """The key under which one client is counted, wherever addresses are: an IPv4 address, of IPv6 the /64 as text.

    Within one's own network (`fd…`, `fe80…`) each machine is one: there a /64 is the whole class.
    """
    return address if ":" not in address else _ipv6_network(address, _HOUSEHOLD_BITS)


def site(address: str) -> str:
    """All that one customer may have at once: an IPv4 address, of IPv6 the /48 as text."""
    return address if ":" not in address else _ipv6_network(address, _SITE_BITS)


@lru_cache(maxsize=16_384)
def _ipv6_network(address: str, bits: int) -> str:
    found = parse_address(address)
    if not isinstance(found, IPv6Address):
        return address if found is None else str(found)
    return str(IPv6Network((found, bits), strict=False)) if is_public(address) else str(found)


@lru_cache(maxsize=4096)
def _number_of(address: str) -> tuple[int, int] | None:
    """Version and value of an address."""
    found = parse_address(address)
    return None if found is None else (found.version, int(found))


def account_network(account_id: int) -> Network:
    """Where the time-out of an account stands among those of addresses: its number in the block that is for discarding.

    No client has an address of 100::/64 (RFC 6666), and what holds for addresses (strikes, mirror, lifting) holds here.
    """
    return IPv6Network((_DISCARDED + account_id, 128))


def account_of(network: Network) -> int | None:
    """The account whose time-out stands at this network; None: it is a network as others are."""
    number = int(network.network_address) - _DISCARDED
    is_one = network.version == 6 and network.prefixlen == 128 and 0 <= number < 2**31
    return number if is_one else None


class NetworkSet:
    """Some networks; asking for an address that was asked for before costs a look into a dictionary."""

    _MOST_REMEMBERED = 4096

    def __init__(self, networks: Iterable[Network]) -> None:
        self._table = NetworkTable((_unmapped(network), 0.0) for network in networks)
        self._known: dict[str, bool] = {}

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= self._MOST_REMEMBERED:
                self._known.clear()
            known = self._known[address] = self._table.latest_end(address) is not None
        return known


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

    def end_of(self, network: Network) -> float | None:
        """The end of this very network, whatever is around it. O(1)."""
        return self._ends[network.version].get(network.prefixlen, {}).get(int(network.network_address))


_OWN = NetworkSet((*_OWN_IPV4, *map(IPv6Network, ("::/127", "fc00::/7", "fe80::/10"))))


def is_public(address: str) -> bool:
    """Whether it is somebody's in the internet: not this machine, its network, or a provider's shared address.

    Behind the others may be many people, or a proxy with everybody behind it. What is no address (a socket's path) is
    not public.
    """
    return address not in _OWN and _number_of(address) is not None
