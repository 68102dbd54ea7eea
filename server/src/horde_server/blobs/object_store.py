"""Blobs in an S3-compatible store (S3, R2, MinIO …), through obstore; its own signed addresses go straight there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from horde_server.blobs.store import ID_CHARACTERS, BlobStoreFailed, T, is_key, media_type, uploaded_key
from horde_server.blobs.structure import MAX_IMAGE_BYTES, ReadAt

log = structlog.get_logger(__name__)

_TIMEOUT_S = 10  # of one exchange, and of its repetitions: a worker waits for the answer, and will ask again
_PAGE = 500
LITTLE_BYTES = 2 * 1024 * 1024
LARGE_UPLOADS = 4
"""Uploads of more than LITTLE_BYTES that are in memory at a time: 160 MiB at most."""


class ObjectStore:
    """A `BlobStore` in a bucket."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        """`s3://bucket/prefix?endpoint=https://…&region=…`.

        Credentials: `access_key_id` and `secret_access_key` there, else the usual AWS_… environment variables.
        """
        parts = urlsplit(url)
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        endpoint = options.get("endpoint", "")
        self._clock = clock
        self._large_uploads = asyncio.Semaphore(LARGE_UPLOADS)
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": timedelta(seconds=_TIMEOUT_S)},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=_TIMEOUT_S)},
            **options,
        )

    async def put(self, key: str, data: bytes) -> None:
        """One PUT."""
        with _failures():
            await obstore.put_async(
                self._store, key, data, attributes={"Content-Type": media_type(key, data) or "application/octet-stream"}
            )

    async def claim(self, key: str, examine: Callable[[ReadAt, int], T]) -> T | None:
        """A GET and a PUT: who has the address may go on writing where it leads, so the blob is a copy of ours.

        Its type is what its bytes are: what its uploader said of it is forgotten.
        """
        data = await self._uploaded(uploaded_key(key))
        if data is None:  # claimed by an attempt that went no further, and swept away since
            data = await self.get(key)
            return None if data is None else _examined(data, examine)
        seen = _examined(data, examine)
        await self.put(key, data)
        return seen

    async def _uploaded(self, key: str) -> bytes | None:
        """What was uploaded; its beginning, where it is larger than any image may be."""
        with _failures():
            try:
                result = await obstore.get_async(self._store, key)
            except FileNotFoundError:
                return None
            if result.meta["size"] <= LITTLE_BYTES:
                return bytes(await result.bytes_async())
            async with self._large_uploads:
                beginning = bytearray()
                async for piece in result.stream(min_chunk_size=LITTLE_BYTES):
                    beginning += piece
                    if len(beginning) > MAX_IMAGE_BYTES:
                        break
                return bytes(beginning)

    async def get(self, key: str) -> bytes | None:
        """One GET."""
        with _failures():
            try:
                result = await obstore.get_async(self._store, key)
            except FileNotFoundError:
                return None
            return bytes(await result.bytes_async())

    async def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """GETs side by side."""
        return await asyncio.gather(*map(self.get, keys))

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove the objects."""
        with _failures():
            await obstore.delete_async(self._store, list(keys))

    async def signed_put_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """Signed by the store's own scheme; `base_url` plays no part.

        It cannot limit what is uploaded to less than some size or type: `claim` looks at it.
        """
        return await obstore.sign_async(self._store, "PUT", uploaded_key(key), timedelta(seconds=ttl_s))

    async def signed_get_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """Signed by the store's own scheme; `base_url` plays no part."""
        return await obstore.sign_async(self._store, "GET", key, timedelta(seconds=ttl_s))

    async def sweep(self, older_than_s: float, spared: Collection[str] = ()) -> int:
        """By the store's time of the last write."""
        before = datetime.fromtimestamp(self._clock() - older_than_s, UTC)
        removed = 0
        with _failures():
            async for page in obstore.list(self._store, chunk_size=_PAGE):
                old = [
                    found["path"]
                    for found in page
                    if found["last_modified"] < before
                    and is_key(found["path"])
                    and found["path"][:ID_CHARACTERS] not in spared
                ]
                if old:
                    await obstore.delete_async(self._store, old)
                    removed += len(old)
        return removed


@contextmanager
def _failures() -> Iterator[None]:
    """What the library raises, as ours; a bucket that is not there among it."""
    try:
        yield
    except (BaseError, OSError) as error:
        log.error("blobs.store_failed", reason=str(error).splitlines()[0])
        raise BlobStoreFailed from error


def _examined(data: bytes, examine: Callable[[ReadAt, int], T]) -> T:
    return examine(lambda offset, length: data[offset : offset + length], len(data))
