"""A folder for temporary files in memory.

A test of the server makes and drops a database of 300 files, an acceptance test a whole cluster with its log; on a disk
both take longer than all else that they do (measured: 133 of 330 ms of CPU a contract test).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Self

PREFIX = "horde-tests-"
_SHARED_MEMORY = Path("/dev/shm")
_NEEDED_BYTES = 4 * 1024**3  # far more than all tests on two processes were seen to use (254 MB)


class MemoryFolder:
    """The folder for temporary files of this process and its children, until `leave`; none where memory is short."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._is_kept = False

    @classmethod
    def enter(cls, memory: Path = _SHARED_MEMORY) -> Self:
        """Make it, unless the user chose a folder by TMPDIR; remove what killed sessions left."""
        if "TMPDIR" in os.environ or not has_room(memory):
            return cls(None)
        for left in memory.glob(f"{PREFIX}*"):
            owner = left.name.removeprefix(PREFIX)
            if owner.isdigit() and not Path("/proc", owner).exists():
                shutil.rmtree(left, ignore_errors=True)
        path = memory / f"{PREFIX}{os.getpid()}"
        path.mkdir(mode=0o711, exist_ok=True)  # the database's user passes through it
        os.environ["TMPDIR"] = str(path)
        tempfile.tempdir = None  # asked anew at the next use
        return cls(path)

    def keep(self) -> None:
        """Leave what is in it for whoever wants to look."""
        self._is_kept = True

    def leave(self) -> None:
        """Remove it with all in it, unless it is to be kept."""
        if self.path is not None:
            del os.environ["TMPDIR"]
            tempfile.tempdir = None
            if not self._is_kept:
                shutil.rmtree(self.path, ignore_errors=True)


def has_room(memory: Path) -> bool:
    """Whether the folder is there, ours to use, and neither it nor the machine is short of memory."""
    try:
        found = os.statvfs(memory)
        free = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())["MemAvailable"]
    except (OSError, KeyError):
        return False
    available_bytes = min(found.f_bavail * found.f_frsize, int(free.split()[0]) * 1024)
    return os.access(memory, os.W_OK | os.X_OK) and available_bytes >= _NEEDED_BYTES
