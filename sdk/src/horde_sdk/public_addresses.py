"""Which IP addresses are the internet's: the rule by which server, worker and SDK follow addresses that others name."""

from __future__ import annotations

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOSTS_OF_IPV6 = ipaddress.IPv6Network("2000::/3")
"""All that was ever given out. What carries an IPv4 address lies outside, with the exceptions below."""

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""What name servers of networks without IPv4 answer: the last 32 bits say who is meant."""

_TUNNEL_INSIDE_A_SITE = (0x0000_5EFE, 0x0200_5EFE)
"""ISATAP: the third quarter of an address, whatever its network, when the last is an IPv4 address."""

_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; a cloud's metadata service among them
            "192.88.99.0/24",  # relays of a retired tunnel
            "168.63.129.16/32",  # one cloud's service to its machines, in public clothes
            "2001::/23",  # protocol assignments: Teredo tunnels, identifiers, measurements
            "3fff::/20",  # documentation
        ),
    )
)
"""What `is_global` of some Python releases lets pass."""


def is_public(address: IPAddress) -> bool:
    """Return whether it is one host of the internet, also by the IPv4 address that an IPv6 address may carry."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED or (int(address) >> 32) & 0xFFFF_FFFF in _TUNNEL_INSIDE_A_SITE:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None and not is_public(inner):
            return False
        if address.ipv4_mapped or address in _TRANSLATED:
            return True
        if address not in _HOSTS_OF_IPV6:
            return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast
