"""The folders in which embedded databases have their sockets.

A socket's path may have 107 bytes; a data folder may be longer, so the sockets lie in the system's folder for temporary
files, each in a folder of its own. A supervisor that is killed leaves it behind; the next one removes it. A folder is
somebody's as long as its supervisor, which has a lock in it, or its database lives.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Self

import psycopg

from horde_server.database.system_user import RunAs, own
from horde_server.system.file_lock import lock as lock_exclusively

PREFIX = "ohpg-"
_LOCK = "holder.lock"
_SOCKET = ".s.PGSQL.5432"
_CONTENTS = (_LOCK, f"{_SOCKET}.lock", _SOCKET)
_YOUNG_S = 60.0  # one without a lock may just be being made


class SocketFolder:
    """One of ours, until `remove` or the end of this process."""

    def __init__(self, path: Path, lock: IO[bytes], user: str) -> None:
        self.path = path
        self._lock = lock
        self._user = user

    @classmethod
    def make(cls, run_as: RunAs | None, user: str) -> Self:
        """A new one; the database, run as `run_as`, may write there. `user` is the database's own name of us."""
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = (path / _LOCK).open("wb")
        lock_exclusively(lock, wait=True)
        if run_as:
            own(path, run_as)
        return cls(path, lock, user)

    @property
    def server_arguments(self) -> list[str]:
        """What PostgreSQL must be told to listen there and nowhere else."""
        return ["-k", str(self.path), "-c", "unix_socket_permissions=0700", "-c", "listen_addresses="]

    def connection_string(self, database: str) -> str:
        """Keyword connection string."""
        return connection_string(self.path, self._user, database)

    def remove(self) -> None:
        """Remove it with all in it."""
        _remove(self.path)
        self._lock.close()


def connection_string(sockets: Path, user: str, database: str) -> str:
    """Keyword connection string for a server whose socket lies in `sockets`; who gets there needs no password."""
    return psycopg.conninfo.make_conninfo(host=str(sockets), user=user, dbname=database)


def remove_stale(user: RunAs | None) -> list[Path]:
    """Remove those whose supervisor and database have died, if they are ours or `user`'s; which they were."""
    if sys.platform == "win32":
        return []  # there are none
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
            lock_exclusively(lock)
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
