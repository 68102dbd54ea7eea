"""Which addresses a worker may talk to: public ones, and its own horde's, wherever that is."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit


class ForbiddenAddress(ValueError):
    """The horde sent an address that leads into a private network."""


async def check_address(url: str, horde_url: str) -> None:
    """Raise `ForbiddenAddress` unless `url` is http(s) to a public address, or to the horde's own host."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ForbiddenAddress("not an http(s) address")
    if parts.hostname == urlsplit(horde_url).hostname:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ForbiddenAddress("the host of the address is not known") from error
    for entry in found:
        address = ipaddress.ip_address(str(entry[4][0]).partition("%")[0])
        if not address.is_global:
            raise ForbiddenAddress("the address leads into a private network")
