"""Uploads and downloads as workers and clients make them."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
from hordes import Horde


class Transfers:
    """Uploads to and downloads from signed addresses, without a key: to our routes, or straight to the bucket."""

    def __init__(self, horde: Horde, direct: httpx.AsyncClient) -> None:
        self._horde = horde
        self._direct = direct

    def _client(self, url: str) -> httpx.AsyncClient:
        return self._horde.client if url.startswith("http://horde.test/") else self._direct

    async def put(self, url: str, content: bytes | Iterable[bytes]) -> httpx.Response:
        """PUT, as our worker does."""
        return await self._client(url).put(url, content=content, headers={"content-type": "image/webp"})

    async def get(self, url: str) -> httpx.Response:
        """GET."""
        return await self._client(url).get(url)
