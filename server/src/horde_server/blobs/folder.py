"""Blobs in a local folder, spread over sub-folders by the first two characters of their key."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from horde_server.blobs.signing import UrlSigner
from horde_server.blobs.store import BEGINNING_BYTES, ID_CHARACTERS, BlobStoreFailed, Glimpse, is_key

log = structlog.get_logger(__name__)


SHORT_WRITE_BYTES = 16 * 1024
"""To the page cache about 60 µs; a trip to a thread costs several times that."""
SHORT_READ_BYTES = 128 * 1024
"""From the page cache about 30 µs: they were written a moment ago."""


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: str, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:  # noqa: PTH123 on the path of every result
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]


def _is_ours(name: str) -> bool:
    """Whether it is a blob, or what an interrupted write left beside one: `.KEY.…`."""
    return is_key(name) or (name.startswith(".") and is_key(name[1:].rpartition(".")[0]))


@contextmanager
def failures() -> Iterator[None]:
    """What the system raises, as ours: a full disk, a folder that is another's."""
    try:
        yield
    except OSError as error:
        log.error("blobs.store_failed", reason=error.strerror)
        raise BlobStoreFailed from error


class FolderStore:
    """A `BlobStore` in a folder. Its signed addresses are routes of this server (blobs/routes.py)."""

    def __init__(self, folder: Path, signer: UrlSigner, clock: Callable[[], float]) -> None:
        self._folder = folder
        self.signer = signer
        self._clock = clock

    async def put(self, key: str, data: bytes, prepare: Callable[[bytes], bytes] | None = None) -> None:
        """Written beside and renamed, so a reader sees all or nothing; short files at once, others in a thread."""
        if prepare is None and len(data) <= SHORT_WRITE_BYTES:
            self._put(key, data)
        else:
            await asyncio.to_thread(self._prepare_and_put, key, data, prepare)

    def _prepare_and_put(self, key: str, data: bytes, prepare: Callable[[bytes], bytes] | None) -> None:
        self._put(key, data if prepare is None else prepare(data))

    def _put(self, key: str, data: bytes) -> None:
        path = str(self.path(key))
        folder, _, name = path.rpartition(os.sep)
        beside = f"{folder}{os.sep}.{name}.{secrets.token_hex(4)}"
        with failures():
            try:
                try:
                    _write(beside, data)
                except FileNotFoundError:
                    Path(folder).mkdir(parents=True, exist_ok=True)
                    _write(beside, data)
                os.replace(beside, path)  # noqa: PTH105 on the path of every result
            except OSError:
                with contextlib.suppress(OSError):
                    Path(beside).unlink()
                raise

    async def get(self, key: str) -> bytes | None:
        """Read whole; images are small."""
        return (await self.get_all([key]))[0]

    async def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """Short files are read at once, others in one trip to a thread, which costs more than a short read."""
        paths = [self.path(key) for key in keys]
        with failures():
            if sum(map(_size_bytes, paths)) <= SHORT_READ_BYTES:
                return list(map(_read, paths))
            return await asyncio.to_thread(lambda: list(map(_read, paths)))

    async def look(self, key: str) -> Glimpse | None:
        """One short read, not worth a thread."""
        with failures():
            try:
                with self.path(key).open("rb", buffering=0) as file:
                    return Glimpse(file.read(BEGINNING_BYTES), os.fstat(file.fileno()).st_size)
            except FileNotFoundError:
                return None

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove the files."""
        with failures():
            await asyncio.to_thread(self._delete, [self.path(key) for key in keys])

    @staticmethod
    def _delete(paths: Sequence[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    async def signed_put_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """Our own route."""
        return self.signer.url("PUT", key, ttl_s, base_url)

    async def signed_get_url(self, key: str, ttl_s: int, base_url: str) -> str:
        """Our own route."""
        return self.signer.url("GET", key, ttl_s, base_url)

    async def sweep(self, older_than_s: float, spared: Collection[str] = ()) -> int:
        """By the time of the last write; also what an interrupted write left beside."""
        with failures():
            return await asyncio.to_thread(self._sweep, self._clock() - older_than_s, spared)

    def _sweep(self, before: float, spared: Collection[str]) -> int:
        removed = 0
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before and _is_ours(path.name) and path.name[:ID_CHARACTERS] not in spared:
                    path.unlink()
                    removed += 1
        return removed

    def path(self, key: str) -> Path:
        """Where a blob lies. Raises ValueError for what is no key."""
        if not is_key(key):
            raise ValueError("not a blob key")
        return self._folder / key[:2] / key
