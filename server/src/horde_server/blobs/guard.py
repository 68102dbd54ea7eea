"""What keeps the server's own connections to addresses that strangers name on the internet (alchemy-and-operations.md
§3.8): fetches and webhooks alike.

Names are resolved by us, and every address is looked at where the socket to it is made: after DNS, on each redirect,
and for addresses written as numbers alike. What was checked is what is connected to: no name changes in between.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from horde_sdk.public_addresses import IPAddress, is_public
from horde_sdk.tls import default_ssl_context
from horde_server import VERSION
from horde_server.blobs.name_resolution import HandedResolver, Resolve, SystemResolver

MAX_URL_CHARACTERS = 8000  # signed addresses of object stores are long
_HEADERS = {
    "User-Agent": f"OpenHorde/{VERSION}",
    "Accept-Encoding": "identity",  # and nothing is unpacked: a size limit counts what there is
}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class FetchFailed(Exception):
    """Nothing came back. The reason is for logs: told to strangers, it would let them map our network."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a connection may lead. `ports` None: to any. `also` are networks allowed besides, on any port."""

    is_allowed: Callable[[IPAddress], bool]
    ports: frozenset[int] | None
    also: tuple[Network, ...] = ()

    def allows(self, address: IPAddress, port: int) -> bool:
        """Whether a socket may be opened to it."""
        if any(address in network for network in self.also):
            return True
        return self.is_allowed(address) and (self.ports is None or port in self.ports)

    def may_allow_port(self, port: int | None) -> bool:
        """Whether there can be an address at which this port is allowed."""
        return self.ports is None or bool(self.also) or port in self.ports


PUBLIC = Reach(is_public, frozenset({80, 443}))
ANYWHERE = Reach(lambda _: True, None)


class Guard:
    """Opens HTTP sessions that stay within `reach`. Holds nothing between two; the caller bounds how many there are."""

    def __init__(
        self,
        reach: Reach,
        resolve: Resolve | None = None,
        *,
        schemes: Collection[str] = ("http", "https"),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls`: whose certificates are believed; Mozilla's by default."""
        self._reach = reach
        self._resolver = HandedResolver(resolve or SystemResolver())
        self._schemes = frozenset(schemes)
        self._tls = tls

    def checked(self, text: str, base: URL | None = None) -> URL:
        """The address, which may be relative to `base`. Raises `FetchFailed`, or `ValueError` for one that is none."""
        if len(text) > MAX_URL_CHARACTERS:
            raise FetchFailed("the address is too long")
        url = URL(text) if base is None else base.join(URL(text))
        if url.scheme not in self._schemes or not url.host:
            raise FetchFailed(f"not an {'/'.join(sorted(self._schemes))} address")
        if not self._reach.may_allow_port(url.port):
            raise FetchFailed("a port that is not the web's")
        return url

    @asynccontextmanager
    async def session(self, time_limit_s: float) -> AsyncIterator[aiohttp.ClientSession]:
        """A session for a block that ends within the limit. Raises `FetchFailed` for whatever goes wrong in it."""
        try:
            async with asyncio.timeout(time_limit_s), self._open() as session:
                yield session
        except TimeoutError:
            raise FetchFailed(f"not within {time_limit_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: of a URL that makes no sense
            raise FetchFailed(f"{type(error).__name__}: {error}") from error

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver,
                socket_factory=self._socket,
                ssl=self._tls or default_ssl_context(),
                use_dns_cache=False,
                force_close=True,
            ),
            headers=_HEADERS,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # ours is around it
        )

    def _socket(self, found: tuple[Any, ...]) -> socket.socket:
        """The socket for one address: every connection, however it was named, is made through here."""
        family, kind, protocol, _, address = found
        if not self._reach.allows(ipaddress.ip_address(str(address[0]).partition("%")[0]), address[1]):
            raise OSError(errno.EACCES, "the address leads into a private network")
        return socket.socket(family, kind, protocol)
