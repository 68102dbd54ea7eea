"""Addresses of registrations, as they are kept for a day: keyed hashes of the household and the network around it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from horde_server.http.networks import household, is_public, parse_address, site

_NETWORK_BITS: Final = 24
"""Of IPv4: what small providers and halls of servers have in one piece. Of IPv6 it is the /48."""
_HASH_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Whence:
    """Where a registration comes from. Private addresses have no network around them: there each machine is one."""

    household: bytes
    site: bytes


def whence(secret: bytes, address: str) -> Whence:
    """What an address is counted by."""
    network = site(address)
    if is_public(address) and ":" not in address and parse_address(address) is not None:
        network = str(IPv4Network((address, _NETWORK_BITS), strict=False))
    own = household(address)
    return Whence(_hashed(secret, own), _hashed(secret, network if is_public(address) else f"own {own}"))


def _hashed(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()[:_HASH_BYTES]
