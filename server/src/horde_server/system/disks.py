"""The disk that a file or folder is on."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Disk:
    """What is left of it. `free_files` is None where the file system does not count them."""

    free_bytes: int
    free_files: int | None
    is_read_only: bool


def disk_of(path: Path) -> Disk:
    """The disk of what exists at `path`. Raises `OSError`."""
    if sys.platform == "win32" or not hasattr(os, "statvfs"):
        return Disk(shutil.disk_usage(path).free, None, is_read_only=False)
    found = os.statvfs(path)
    free_files = found.f_favail if found.f_files else None
    return Disk(found.f_bavail * found.f_frsize, free_files, bool(found.f_flag & os.ST_RDONLY))
