"""The exclusive lock of an open file: it ends with `close`, or with the process that holds it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from typing import IO, Any

_FAR_BEHIND = 1 << 30
"""Where Windows locks a byte: what it locks others cannot read, and they read who holds the lock."""


def lock(file: IO[Any], *, wait: bool = False) -> None:
    """Lock an open file; `wait`: until who has it lets go of it (on Windows 10 s at most).

    Raises:
        BlockingIOError: Another process has it locked.
    """
    if sys.platform == "win32":
        import msvcrt

        how = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK
        lock_a_byte(file.fileno(), lambda descriptor: msvcrt.locking(descriptor, how, 1))
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_a_byte(descriptor: int, lock_here: Callable[[int], None]) -> None:
    """Lock one byte far behind the end of the file, where nobody reads; the position stays.

    Raises:
        BlockingIOError: Another process has it locked.
    """
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, _FAR_BEHIND, os.SEEK_SET)
    try:
        lock_here(descriptor)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EDEADLK):
            raise BlockingIOError(error.errno, "locked by another process") from error
        raise
    finally:
        with contextlib.suppress(OSError):
            os.lseek(descriptor, position, os.SEEK_SET)
