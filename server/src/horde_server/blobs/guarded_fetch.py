"""The one way in which the server fetches what strangers name by URL (basics.md §10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from yarl import URL

from horde_sdk.reach import Reach
from horde_server.blobs.guard import FetchFailed, Guard

if TYPE_CHECKING:
    import aiohttp

    from horde_sdk.name_resolution import Resolve

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class TooManyBytes(FetchFailed):
    """There is more than the caller wants."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The last answer, after redirects; whether its status means success is the caller's to say."""

    status: int
    body: bytes


class GuardedFetcher:
    """GETs within `reach`. Holds nothing between two fetches; the caller bounds how many there are at a time."""

    def __init__(self, reach: Reach, resolve: Resolve | None = None) -> None:
        self._guard = Guard(reach, resolve)

    async def get(self, url: str, *, max_bytes: int, time_limit_s: float) -> Fetched:
        """What is at `url`, all in all within the limits. Raises `FetchFailed` or `TooManyBytes`, nothing else."""
        async with self._guard.session(time_limit_s) as session:
            return await self._follow(session, self._guard.checked(url), max_bytes)

    async def _follow(self, session: aiohttp.ClientSession, url: URL, max_bytes: int) -> Fetched:
        for _ in range(1 + MAX_REDIRECTS):
            async with session.get(url, allow_redirects=False) as answer:
                target = answer.headers.get("Location")
                if answer.status not in _REDIRECTS or target is None:
                    return Fetched(answer.status, await _body(answer, max_bytes))
                url = self._guard.checked(target, url)
        raise FetchFailed("too many redirects")


async def _body(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if (answer.content_length or 0) > max_bytes:
        raise TooManyBytes(f"more than {max_bytes} bytes announced")
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > max_bytes:
            raise TooManyBytes(f"more than {max_bytes} bytes")
    return bytes(body)
