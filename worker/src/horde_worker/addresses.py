"""Which addresses a worker may talk to: public ones, and its own horde's, wherever that is."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from horde_sdk.public_addresses import is_public

_WRITTEN_OUT = re.compile(r"[!-~]+")  # no spaces and no control characters, which would end the request line


class ForbiddenAddress(ValueError):
    """The horde sent an address that leads into a private network."""


class GuardedResolver(AbstractResolver):
    """Name service for the worker's connections: at the moment of connecting, names lead to allowed addresses only.

    `check_address` refuses early and says why; this refuses a name whose answer changed in between.
    """

    def __init__(self, horde_url: str, names: AbstractResolver | None = None) -> None:
        self._own_host = urlsplit(horde_url).hostname
        self._names = names or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises `OSError` when one of them is forbidden."""
        found = await self._names.resolve(host, port, family)
        if host.lower() != self._own_host:
            for entry in found:
                if not is_public(ipaddress.ip_address(entry["host"].partition("%")[0])):
                    raise OSError("the address leads into a private network")
        return found

    async def close(self) -> None:
        await self._names.close()


async def check_address(url: str, horde_url: str) -> None:
    """Raise `ForbiddenAddress` unless `url` is http(s) to a public address, or to the horde's own host."""
    host = _host(url)
    if host == urlsplit(horde_url).hostname:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ForbiddenAddress("the host of the address is not known") from error
    for entry in found:
        if not is_public(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])):
            raise ForbiddenAddress("the address leads into a private network")


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and _WRITTEN_OUT.fullmatch(url):
            return parts.hostname
    except ValueError:  # brackets or a port that make no sense
        pass
    raise ForbiddenAddress("not an http(s) address")
