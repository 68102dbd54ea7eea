"""What keeps the server's own connections to addresses that strangers name on the internet (basics.md §10):
fetches and webhooks alike.

Every address is looked at where the socket to it is made (`horde_sdk.reach`): after DNS, on each redirect, and for
addresses written as numbers alike.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from yarl import URL

from horde_sdk.public_addresses import is_public
from horde_sdk.reach import Reach
from horde_server import VERSION

if TYPE_CHECKING:
    import aiohttp

    from horde_sdk.name_resolution import Resolve

MAX_URL_CHARACTERS = 8000  # signed addresses of object stores are long
_HEADERS = {
    "User-Agent": f"OpenHorde/{VERSION}",
    "Accept-Encoding": "identity",  # and nothing is unpacked: a size limit counts what there is
}


class FetchFailed(Exception):
    """Nothing came back. The reason is for logs: told to strangers, it would let them map our network."""


PUBLIC = Reach(is_public, frozenset({80, 443}))
ANYWHERE = Reach(lambda _: True)


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
        self._resolve = resolve
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
        await _load_client()
        import aiohttp

        try:
            async with asyncio.timeout(time_limit_s), self._open() as session:
                yield session
        except TimeoutError:
            raise FetchFailed(f"not within {time_limit_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: of a URL that makes no sense
            raise FetchFailed(f"{type(error).__name__}: {error}") from error

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        from horde_sdk.guarded_connections import guarded_connector
        from horde_sdk.name_resolution import SystemResolver

        if self._resolve is None:
            self._resolve = SystemResolver()  # one for all sessions: it bounds how many names are looked up at a time
        return aiohttp.ClientSession(
            connector=guarded_connector(self._reach, resolve=self._resolve, tls=self._tls, force_close=True),
            headers=_HEADERS,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # ours is around it
        )


_CLIENT = "horde_sdk.guarded_connections"


async def _load_client() -> None:
    """Import the HTTP client when it is first needed: at the start it took a tenth. In a thread: others are served."""
    if _CLIENT not in sys.modules:
        await asyncio.to_thread(import_module, _CLIENT)
