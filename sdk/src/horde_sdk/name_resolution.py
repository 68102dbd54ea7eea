"""From host names to addresses, without strangers' name servers holding anything up."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

RESOLVERS = 32
"""Names looked up at a time."""

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""From a host name to its IP addresses; OSError when it has none."""


class SystemResolver:
    """The system's resolver, in threads of its own.

    Name servers that never answer hold up nobody else's work, and not the end of the process either: `getaddrinfo`
    cannot be stopped, so its threads are daemons, and there are few.
    """

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(RESOLVERS)

    async def __call__(self, host: str) -> Sequence[str]:
        if not self._free.acquire(blocking=False):
            raise OSError("too many names are being looked up")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[str]] = loop.create_future()

        def tell(addresses: Sequence[str], error: Exception | None) -> None:
            if found.done():  # nobody waits any more
                return
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)

        def look_up() -> None:
            addresses, problem = [], None
            try:
                addresses = [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
            except (OSError, ValueError) as error:
                problem = error
            finally:
                self._free.release()
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(tell, addresses, problem)

        threading.Thread(target=look_up, name="resolve", daemon=True).start()
        return await found


class HandedResolver(AbstractResolver):
    """A `Resolve` as the HTTP library wants it."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._resolve(host)
        if not addresses:
            raise OSError("the name has no address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Do nothing: no socket is held open."""
