"""The one way in which the server fetches what strangers name by URL (alchemy-and-operations.md §3.8).

Names are resolved by us, and every address is looked at where the socket to it is made: after DNS, on each redirect,
and for addresses written as numbers alike. What was checked is what is connected to: no name changes in between.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from horde_sdk.public_addresses import IPAddress, is_public
from horde_sdk.tls import default_ssl_context
from horde_server import VERSION
from horde_server.blobs.name_resolution import HandedResolver, Resolve, SystemResolver

MAX_REDIRECTS = 3
MAX_URL_CHARACTERS = 8000  # signed addresses of object stores are long
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "User-Agent": f"OpenHorde/{VERSION}",
    "Accept-Encoding": "identity",  # and nothing is unpacked: the size limit counts what there is
}


class FetchFailed(Exception):
    """Nothing was fetched. The reason is for logs: told to strangers, it would let them map our network."""


class TooManyBytes(FetchFailed):
    """There is more than the caller wants."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a fetch may lead. `ports` None: to any."""

    is_allowed: Callable[[IPAddress], bool]
    ports: frozenset[int] | None


PUBLIC = Reach(is_public, frozenset({80, 443}))
ANYWHERE = Reach(lambda _: True, None)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The last answer, after redirects; whether its status means success is the caller's to say."""

    status: int
    body: bytes


class GuardedFetcher:
    """GETs within `reach`. Holds nothing between two fetches; the caller bounds how many there are at a time."""

    def __init__(self, reach: Reach, resolve: Resolve | None = None) -> None:
        self._reach = reach
        self._resolver = HandedResolver(resolve or SystemResolver())

    async def get(self, url: str, *, max_bytes: int, time_limit_s: float) -> Fetched:
        """What is at `url`, all in all within the limits. Raises `FetchFailed` or `TooManyBytes`, nothing else."""
        try:
            async with asyncio.timeout(time_limit_s), self._session() as session:
                return await self._follow(session, self._checked(url), max_bytes)
        except TimeoutError:
            raise FetchFailed(f"not within {time_limit_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: of a URL that makes no sense
            raise FetchFailed(f"{type(error).__name__}: {error}") from error

    async def _follow(self, session: aiohttp.ClientSession, url: URL, max_bytes: int) -> Fetched:
        for _ in range(1 + MAX_REDIRECTS):
            async with session.get(url, allow_redirects=False) as answer:
                target = answer.headers.get("Location")
                if answer.status not in _REDIRECTS or target is None:
                    return Fetched(answer.status, await _body(answer, max_bytes))
                url = self._checked(target, url)
        raise FetchFailed("too many redirects")

    def _checked(self, text: str, base: URL | None = None) -> URL:
        if len(text) > MAX_URL_CHARACTERS:
            raise FetchFailed("the address is too long")
        url = URL(text) if base is None else base.join(URL(text))
        if url.scheme not in ("http", "https") or not url.host:
            raise FetchFailed("not an http(s) address")
        if self._reach.ports is not None and url.port not in self._reach.ports:
            raise FetchFailed("a port that is not the web's")
        return url

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver,
                socket_factory=self._socket,
                ssl=default_ssl_context(),
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
        if not self._reach.is_allowed(ipaddress.ip_address(str(address[0]).partition("%")[0])):
            raise OSError(errno.EACCES, "the address leads into a private network")
        return socket.socket(family, kind, protocol)


async def _body(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if (answer.content_length or 0) > max_bytes:
        raise TooManyBytes(f"more than {max_bytes} bytes announced")
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > max_bytes:
            raise TooManyBytes(f"more than {max_bytes} bytes")
    return bytes(body)
