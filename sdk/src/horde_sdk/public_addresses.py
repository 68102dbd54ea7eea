"""Which IP addresses are the internet's: the rule by which server and worker follow addresses named by strangers."""

from __future__ import annotations

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_CARRY_IPV4 = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b::/96")))  # in their last 32 bits
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; a cloud's metadata service among them
            "192.88.99.0/24",  # relays of a retired tunnel
            "168.63.129.16/32",  # one cloud's service to its machines, in public clothes
            "64:ff9b:1::/48",  # translation to a site's own networks
            "3fff::/20",  # documentation
            "5f00::/16",  # routes inside a network
        ),
    )
)
"""What `is_global` of some Python releases lets pass."""


def is_public(address: IPAddress) -> bool:
    """Return whether it is one host of the internet, also by the IPv4 address that an IPv6 address may carry."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if any(address in network for network in _CARRY_IPV4):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast
