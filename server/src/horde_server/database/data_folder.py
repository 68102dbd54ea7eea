"""The data folder: made for us alone, held by one horde at a time, and told in a sentence when it cannot be used.

Imports nothing heavy: that a folder is in use is told before the server is loaded.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO, Self

from horde_server.system.disks import disk_of
from horde_server.system.file_lock import lock as lock_exclusively

_OURS = frozenset({"postgres", "blobs", "household.json", "lost+found"})
_OTHERS_READ_OR_WRITE = stat.S_IROTH | stat.S_IWOTH
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REASONS = {
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
    errno.EROFS: "its file system is read-only",
    errno.EEXIST: "there is a file of this name",
    errno.ENOTDIR: "a part of this path is a file",
    errno.ENOENT: "no folder can be made there",
}


class DataFolderUnusable(RuntimeError):
    """The data folder cannot be used; the message says why and what to do."""

    @classmethod
    def by(cls, folder: Path, error: OSError) -> Self:
        """In words, for what the system said."""
        if error.errno in _FULL:
            return cls(
                f"The disk of the data folder {folder.absolute()} is full: free some space, or choose a folder on "
                "another disk by --data."
            )
        return cls(
            f"The data folder {folder.absolute()} cannot be used: {_reason(error)}. Choose another one by --data, or "
            "correct that."
        )


class FolderHold:
    """The exclusive use of a data folder, until `release` or the end of this process."""

    def __init__(self, lock: IO[str]) -> None:
        self._lock = lock

    def release(self) -> None:
        """Let others use it. Harmless the second time."""
        self._lock.close()


def prepare(folder: Path) -> None:
    """Make the folder if it is missing, readable for nobody else. Raises `DataFolderUnusable`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        close_to_others(folder)
        _refuse_unwritable(folder)
    except OSError as error:
        raise DataFolderUnusable.by(folder, error) from error


def hold(folder: Path) -> FolderHold:
    """Make the folder if it is missing, and use it as the only one.

    Raises:
        DataFolderUnusable: it cannot be used, or another horde uses it.
    """
    prepare(folder)
    home = folder / "postgres"
    try:
        home.mkdir(exist_ok=True, mode=0o700)
        close_to_others(home)
        lock = (home / "holder.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise DataFolderUnusable.by(folder, error) from error
    try:
        lock_exclusively(lock)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise DataFolderUnusable(
            f"The data folder {folder.absolute()} is in use by another horde (process {holder}): stop that one, or "
            "choose another folder by --data."
        ) from None
    except OSError as error:
        _close_unwritten(lock)
        raise DataFolderUnusable.by(folder, error) from error
    return FolderHold(lock)


def what_is_wrong(folder: Path) -> str | None:
    """Why the folder cannot be used or made, in a few words; None if it can. Changes nothing."""
    folder = folder.absolute()
    try:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        if not existing.is_dir():
            raise OSError(errno.EEXIST if existing == folder else errno.ENOTDIR, "a file")
        _refuse_unwritable(existing)
    except OSError as error:
        return _reason(error)
    return None


def close_to_others(folder: Path) -> None:
    """Take from other users what they could read or write there, if the folder and all in it are ours.

    A folder that holds other things as well, a home for example, is left as it is.
    """
    if not hasattr(os, "geteuid"):
        return  # Windows: no modes, but lists of rights, which new folders inherit
    found = folder.stat()
    is_ours = found.st_uid == os.geteuid() and (
        folder.name == "postgres" or all(entry.name in _OURS for entry in folder.iterdir())
    )
    if is_ours and found.st_mode & _OTHERS_READ_OR_WRITE:
        folder.chmod(0o700)


def _refuse_unwritable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(errno.EROFS if disk_of(folder).is_read_only else errno.EACCES, "not writable")


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def _close_unwritten(lock: IO[str]) -> None:
    try:
        lock.close()
    except OSError:  # what could not be written cannot be flushed either
        lock.close()
