"""Blobs in a local folder, spread over sub-folders by the first two characters of their key.

Nobody but the server's own user can read them.
"""

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
from horde_server.blobs.store import ID_CHARACTERS, BlobStoreFailed, T, is_key, uploaded_key
from horde_server.blobs.structure import ReadAt

log = structlog.get_logger(__name__)


SHORT_WRITE_BYTES = 16 * 1024
"""To the page cache about 60 µs; a trip to a thread costs several times that."""
SHORT_READ_BYTES = 128 * 1024
"""From the page cache about 30 µs: they were written a moment ago."""
FOLDER_MODE = 0o700
FILE_MODE = 0o600
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the ends of lines
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_OTHERS = 0o077


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


def beside(path: str) -> str:
    """A name of its own for what will be renamed to `path` when it is whole."""
    folder, _, name = path.rpartition(os.sep)
    return f"{folder}{os.sep}.{name}.{secrets.token_hex(4)}"


def _write(file: int, data: bytes) -> None:
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]
    finally:
        os.close(file)


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
        self._folder_path = str(folder)
        self.signer = signer
        self._clock = clock
        _shut_out_others(folder)

    async def put(self, key: str, data: bytes) -> None:
        """Written beside and renamed, so a reader sees all or nothing; short files at once, others in a thread."""
        if len(data) <= SHORT_WRITE_BYTES:
            self._put(key, data)
        else:
            await asyncio.to_thread(self._put, key, data)

    def _put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        unfinished = beside(path)
        with failures():
            try:
                _write(self.open_new(unfinished), data)
                os.replace(unfinished, path)  # noqa: PTH105 on the path of every result
            except OSError:
                with contextlib.suppress(OSError):
                    Path(unfinished).unlink()
                raise

    def open_new(self, path: str) -> int:
        """A new file in a sub-folder, which is made where it is missing; its descriptor, for writing."""
        try:
            return os.open(path, _NEW, FILE_MODE)
        except FileNotFoundError:
            for folder in (self._folder, Path(path).parent):
                folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            return os.open(path, _NEW, FILE_MODE)

    async def claim(self, key: str, examine: Callable[[ReadAt, int], T]) -> T | None:
        """A rename and some short reads, not worth a thread. Nothing else of this process happens in between."""
        path, waiting = self._path(key), self._path(uploaded_key(key))
        with failures():
            try:
                if not os.path.exists(path):  # noqa: PTH110 on the path of every result
                    os.rename(waiting, path)  # noqa: PTH104
                file = os.open(path, os.O_RDONLY | _BINARY)
            except FileNotFoundError:
                return None
            try:
                return examine(lambda offset, length: _read_at(file, length, offset), os.fstat(file).st_size)
            finally:
                os.close(file)

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
        return self.signer.url("PUT", uploaded_key(key), ttl_s, base_url)

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
        return Path(self._path(key))

    def _path(self, key: str) -> str:
        if not is_key(key):
            raise ValueError("not a blob key")
        return f"{self._folder_path}{os.sep}{key[:2]}{os.sep}{key}"


def _seek_and_read(file: int, length: int, offset: int) -> bytes:
    os.lseek(file, offset, os.SEEK_SET)
    return os.read(file, length)


_read_at: Callable[[int, int, int], bytes] = getattr(os, "pread", _seek_and_read)  # Windows has no pread


def _shut_out_others(folder: Path) -> None:
    """Close sub-folders that older versions left open to every user of the machine.

    The folder itself may be the operator's, with other things in it: what is not ours is left as it is.
    """
    for ours in folder.glob("[0-9a-f][0-9a-f]"):
        try:
            mode = ours.stat().st_mode
            if mode & _OTHERS:
                ours.chmod(FOLDER_MODE)
        except OSError as error:
            log.warning("blobs.folder_open_to_others", folder=str(ours), reason=error.strerror)
            return
