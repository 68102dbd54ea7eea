"""CivitAI's API: what a name or an id stands for, and the file itself. The token goes to its host and to no other."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlencode, urljoin

import aiohttp

from horde_sdk.guarded_connections import guarded_connector, was_forbidden
from horde_sdk.reach import Reach, is_same_host, outside
from horde_worker.addresses import NoWebAddress, named_address
from horde_worker.lora_cache.additions import CIVITAI_TYPES, Described, LoraFailure, Wanted
from horde_worker.lora_cache.civitai_answers import MAX_ID, of_model, of_search, of_version
from horde_worker.named_places import Sleep

ANSWER_LIMIT_BYTES: Final = 8 * 1024 * 1024
TRIES: Final = 10
RETRY_PAUSE_S: Final = 3.0
NO_DATA_LIMIT_S: Final = 10.0
CONNECT_LIMIT_S: Final = 10.0
PROBE_LIMIT_S: Final = 15.0
MOST_REDIRECTS: Final = 5
CHUNK_BYTES: Final = 1 << 18
_FINAL: Final = frozenset({400, 401, 403, 404, 410, 451})
"""Refused, gone, or not for this country: asking again soon would not help."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class CivitAi:
    """One address of the API, by default the public one. Calls raise `LoraFailure`; the caller sets their time."""

    def __init__(self, api_url: str, token: str, *, reach: Reach | None = None, sleep: Sleep = asyncio.sleep) -> None:
        """`reach` is where files may lie that are not on the API's own host."""
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._sleep = sleep
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_LIMIT_S, sock_read=NO_DATA_LIMIT_S)
        self._own = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        self._elsewhere = aiohttp.ClientSession(
            timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), connector=guarded_connector(reach or outside())
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._own.close()
        await self._elsewhere.close()

    async def is_reached(self) -> bool:
        """Whether the API answers at all, for this country and this machine."""
        try:
            async with asyncio.timeout(PROBE_LIMIT_S):
                await self._json("/models?" + urlencode({"limit": 1, "types": "LORA"}))
        except (LoraFailure, TimeoutError):
            return False
        return True

    async def described(self, wanted: Wanted) -> Described:
        """What a job's words stand for."""
        if wanted.name.isascii() and wanted.name.isdigit():
            if len(wanted.name) > 10 or not 0 < int(wanted.name) <= MAX_ID:
                raise LoraFailure("there can be no such id", is_final=True)
            path = "model-versions" if wanted.is_version else "models"
            answer = await self._json(f"/{path}/{int(wanted.name)}")
            return of_version(answer, wanted.kind) if wanted.is_version else of_model(answer, wanted.kind)
        if wanted.is_version or not wanted.name:
            raise LoraFailure("a version is named by its id", is_final=True)
        query = {
            "types": CIVITAI_TYPES[wanted.kind][0],
            "sort": "Highest Rated",
            "primaryFileOnly": "true",
            "query": wanted.name,
        }
        return of_search(await self._json("/models?" + urlencode(query, quote_via=quote)), wanted.name, wanted.kind)

    async def download(self, described: Described, target: Path, limit_bytes: int) -> int:
        """Write the file there, and compare it with its hash; its size. What fails for a while is begun anew."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._downloaded(described, target, limit_bytes)
            except LoraFailure as failure:
                if failure.is_final or attempt >= TRIES:
                    raise
            await self._sleep(RETRY_PAUSE_S)

    async def _downloaded(self, described: Described, target: Path, limit_bytes: int) -> int:
        digest, size = hashlib.sha256(), 0
        with await asyncio.to_thread(target.open, "wb") as file:
            async with self._answer(described.url) as answer:
                async for chunk in _chunks(answer):
                    size += len(chunk)
                    if size > limit_bytes:
                        raise LoraFailure(f"the file is larger than {limit_bytes} bytes", is_final=True)
                    await asyncio.to_thread(_take, file, digest, chunk)
        if digest.hexdigest() != described.sha256:
            raise LoraFailure("the file is another than the one that was described (SHA256)", is_final=True)
        return size

    async def _json(self, path: str) -> Any:
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self._answer(self._api_url + path) as answer:
                    raw = bytearray()
                    async for chunk in _chunks(answer):
                        raw += chunk
                        if len(raw) > ANSWER_LIMIT_BYTES:
                            raise LoraFailure("the answer is too long", is_final=True)
                return json.loads(raw)
            except (ValueError, RecursionError):
                raise LoraFailure("the answer is no JSON") from None
            except LoraFailure as failure:
                if failure.is_final or attempt >= TRIES:
                    raise
            await self._sleep(RETRY_PAUSE_S)

    @asynccontextmanager
    async def _answer(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer at an address, or where it points to; only the API's own host is told the token."""
        for _ in range(MOST_REDIRECTS + 1):
            try:
                address = named_address(url)
            except NoWebAddress as error:
                raise LoraFailure(str(error), is_final=True) from None
            is_own = is_same_host(url, self._api_url)
            headers = {"Authorization": f"Bearer {self._token}"} if is_own and self._token else {}
            session = self._own if is_own else self._elsewhere
            try:
                async with session.get(address, headers=headers, allow_redirects=False) as answer:
                    if answer.status in _REDIRECTS:
                        url = urljoin(url, answer.headers.get("Location", ""))
                        continue
                    if answer.status != 200:
                        raise LoraFailure(f"{address.host} answered {answer.status}", is_final=answer.status in _FINAL)
                    yield answer
                    return
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if was_forbidden(error):
                    raise LoraFailure("the file lies in a private network", is_final=True) from None
                raise LoraFailure(f"{address.host} is not reached: {type(error).__name__}") from None
        raise LoraFailure("it is pointed on and on", is_final=True)


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    while chunk := await answer.content.read(CHUNK_BYTES):
        yield chunk


def _take(file: BinaryIO, digest: Any, chunk: bytes) -> None:
    file.write(chunk)
    digest.update(chunk)
