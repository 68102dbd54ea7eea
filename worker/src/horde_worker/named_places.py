"""Places that a horde names by URL: pictures are fetched from there and put there, without the key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import aiohttp
import structlog
from yarl import URL

from horde_sdk.guarded_connections import guarded_connector, was_forbidden
from horde_sdk.reach import PRIVATE_NETWORKS_VARIABLE, ForbiddenAddress, Reach, is_same_host, outside
from horde_worker.addresses import NoWebAddress, is_local_name, named_address

log = structlog.get_logger(__name__)

DOWNLOAD_LIMIT_BYTES: Final = 20 * 1024 * 1024
UPLOAD_TRIES: Final = 5
DOWNLOAD_TRIES: Final = 4
_UPLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=40, connect=10)
_DOWNLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=5)
_RETRIED: Final = frozenset({408, 429})  # and everything from 500 on
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class NamedPlaces:
    """The horde's own host, or within `reach`, by default the internet: those connections are others.

    No redirect is followed on either: it might lead anywhere. With `source_proxy` what lies elsewhere is
    fetched through it, so that strangers' servers do not learn where the worker lives; the proxy then looks names up.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        horde_url: str,
        sleep: Sleep = asyncio.sleep,
        reach: Reach | None = None,
        source_proxy: str = "",
    ) -> None:
        self._session = session
        self._horde_url = horde_url
        self._sleep = sleep
        self._reach = reach or outside()
        self._outside: aiohttp.ClientSession | None = None
        self._source_proxy = URL(source_proxy) if source_proxy else None
        self._by_proxy: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        """Close the connections to elsewhere; those to the horde are the caller's."""
        for session in (self._outside, self._by_proxy):
            if session is not None:
                await session.close()
        self._outside = self._by_proxy = None

    async def download(self, url: str) -> bytes | None:
        """What lies at an address that the horde sent; None when it cannot be had or is too large."""
        if (way := self._way_to(url, self._source_proxy)) is None:
            return None
        session, address = way
        proxy = self._source_proxy if session is self._by_proxy else None
        for attempt in range(DOWNLOAD_TRIES):
            if attempt:
                await self._sleep(float(attempt))
            try:
                async with session.get(
                    address, timeout=_DOWNLOAD_TIMEOUT, allow_redirects=False, proxy=proxy
                ) as answer:
                    if answer.status == 200:
                        return await _at_most(answer.content, DOWNLOAD_LIMIT_BYTES)
                    if answer.status < 500 and answer.status not in _RETRIED:
                        return None
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if self._is_refused(address, error):
                    return None
        return None

    async def upload(self, url: str, data: bytes) -> bool:
        """PUT an image to its address; whether it arrived."""
        if (way := self._way_to(url)) is None:
            return False
        session, address = way
        for attempt in range(UPLOAD_TRIES):
            if attempt:
                await self._sleep(float(attempt))
            try:
                async with session.put(
                    address,
                    data=data,
                    headers={"Content-Type": "image/webp"},
                    timeout=_UPLOAD_TIMEOUT,
                    allow_redirects=False,
                ) as answer:
                    if answer.status < 300:
                        return True
                    if answer.status < 500 and answer.status not in _RETRIED:
                        return False
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if self._is_refused(address, error):
                    return False
        return False

    def _way_to(self, url: str, proxy: URL | None = None) -> tuple[aiohttp.ClientSession, URL] | None:
        """The connections to an address that the horde named; None for one that is none."""
        try:
            address = named_address(url)
        except NoWebAddress as error:
            log.warning("worker.address_refused", address=url[:100].partition("?")[0], reason=str(error))
            return None
        if is_same_host(url, self._horde_url):
            return self._session, address
        if not self._may_reach(address) or (proxy is not None and is_local_name(address.host or "")):
            self._tell_refused(address)
            return None
        if proxy is not None:
            if self._by_proxy is None:
                self._by_proxy = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            return self._by_proxy, address
        if self._outside is None:
            self._outside = aiohttp.ClientSession(
                connector=guarded_connector(self._reach), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._outside, address

    def _may_reach(self, address: URL) -> bool:
        """Whether a host that is written as a number is within reach; a name is looked at when it is connected to."""
        try:
            self._reach.check(address.host or "", address.port or 0)
        except ForbiddenAddress:
            return False
        except ValueError:
            return True
        return True

    def _is_refused(self, address: URL, error: Exception) -> bool:
        """Whether an address is beyond the worker's reach: trying again would not help."""
        if not was_forbidden(error):
            return False
        self._tell_refused(address)
        return True

    def _tell_refused(self, address: URL) -> None:
        log.warning(
            "worker.address_refused",
            address=f"{address.host}:{address.port}"[:100],
            reason=f"the horde names an address in a private network; if that is yours, allow it by --private-network"
            f" or {PRIVATE_NETWORKS_VARIABLE}",
        )


async def _at_most(content: aiohttp.StreamReader, limit_bytes: int) -> bytes | None:
    """All of it, or None as soon as it is too much."""
    raw = bytearray()
    while chunk := await content.read(1 << 16):
        raw += chunk
        if len(raw) > limit_bytes:
            return None
    return bytes(raw)
