"""Files that are whole or not there, which only their owner can read, in a folder of limited size."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_HALF_WRITTEN: Final = ".part"


class Folder:
    """One folder and one process that writes there. Blocking: to be used from threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def open(self) -> bool:
        """Make the folder and claim it; whether no other process has. Raises `OSError`."""
        self.path.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, _FILE_MODE)
        if not _is_claimed(self._lock):
            self.close()
            return False
        for half in self.path.glob(f"*{_HALF_WRITTEN}"):
            half.unlink(missing_ok=True)
        return True

    def close(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, name: str, content: bytes) -> None:
        """A file with this content, on disk when this returns. Raises `OSError`."""
        half = self.path / (name + _HALF_WRITTEN)
        try:
            handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.replace(self.path / name)
            self._sync()
        except OSError:
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)
            raise

    def remove(self, name: str) -> None:
        """The file is no more. One that was gone before is no error."""
        (self.path / name).unlink(missing_ok=True)

    def files(self, suffix: str) -> Iterator[tuple[Path, int]]:
        """Every file with this ending and its size in bytes, the oldest first."""
        found = []
        for path in self.path.glob(f"*{suffix}"):
            with contextlib.suppress(OSError):  # removed in this moment
                stat = path.stat()
                found.append((stat.st_mtime, path, stat.st_size))
        for _, path, size in sorted(found):
            yield path, size

    def _sync(self) -> None:
        """The name is on disk too, not only the content; not every system can."""
        with contextlib.suppress(OSError):
            handle = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _is_claimed(handle: int) -> bool:
        """Whether the lock is ours now; the system lets go of it when the process ends, however it ends."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _is_claimed(handle: int) -> bool:
        """Whether the lock is ours now; the system lets go of it when the process ends, however it ends."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
