"""The folders in which embedded databases have their sockets.

A socket's path may have 107 bytes; a data folder may be longer, so the sockets lie in the system's folder for temporary
files, each in a folder of its own. A supervisor that is killed leaves it behind; the next one removes it. A folder is
somebody's as long as its supervisor, which has a lock in it, or its database lives.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path
from typing import IO, Self

from horde_server.database.system_user import RunAs, own

PREFIX = "ohpg-"
_LOCK = "holder.lock"
_SOCKET = ".s.PGSQL.5432"
_CONTENTS = (_LOCK, f"{_SOCKET}.lock", _SOCKET)
_YOUNG_S = 60.0  # one without a lock may just be being made


class SocketFolder:
    """One of ours, until `remove` or the end of this process."""

    def __init__(self, path: Path, lock: IO[bytes]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, user: RunAs | None) -> Self:
        """A new one; the database, run as `user`, may write there."""
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = (path / _LOCK).open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        if user:
            own(path, user)
        return cls(path, lock)

    def remove(self) -> None:
        """Remove it with all in it."""
        _remove(self.path)
        self._lock.close()


def remove_stale(user: RunAs | None) -> list[Path]:
    """Remove those whose supervisor and database have died, if they are ours or `user`'s; which they were."""
    owners = {os.geteuid(), *([user.uid] if user else [])}
    removed = []
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid in owners and _is_stale(path, found.st_mtime):
                _remove(path)
                removed.append(path)
    return removed


def _is_stale(path: Path, changed_at_s: float) -> bool:
    if _database_lives(path):
        return False
    try:
        with (path / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return time.time() - changed_at_s > _YOUNG_S
    return True


def _database_lives(path: Path) -> bool:
    """Whether the process that its lock file names may be a database with these sockets."""
    try:
        pid = int((path / f"{_SOCKET}.lock").read_text().splitlines()[0])
        os.kill(pid, 0)
    except PermissionError:
        pass  # it lives, as another user
    except (OSError, ValueError, IndexError):
        return False
    try:
        return os.fsencode(path) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return True


def _remove(path: Path) -> None:
    """What we know to be in it, and the folder if nothing else is."""
    with contextlib.suppress(OSError):
        for name in _CONTENTS:
            (path / name).unlink(missing_ok=True)
        path.rmdir()
