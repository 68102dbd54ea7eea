"""Who counts as one client, where many of them are counted."""

from __future__ import annotations

import ipaddress


def household(address: str) -> str:
    """Who counts as one: an IPv4 address, or the 64 bits of an IPv6 network that one household gets."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
