"""Where a request comes from: exactly one proxy hop is trusted (generation.md §1.2)."""

from __future__ import annotations

import ipaddress

from starlette.types import Scope


def peer_address(scope: Scope) -> str:
    """The address of the socket's other end."""
    client = scope.get("client")
    return str(client[0]) if client else "127.0.0.1"


def client_address(scope: Scope) -> str:
    """The last address of `X-Forwarded-For` when there is one, else the socket's; normalised."""
    for name, value in scope["headers"]:
        if name == b"x-forwarded-for":
            last = value.rpartition(b",")[2].strip().decode("latin-1")
            try:
                return str(ipaddress.ip_address(last))
            except ValueError:
                break
    return peer_address(scope)


def is_loopback(address: str) -> bool:
    """Whether the address is this machine itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
