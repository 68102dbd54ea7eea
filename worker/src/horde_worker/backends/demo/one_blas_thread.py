"""Holds numpy's OpenBLAS to one thread while the net runs.

The matrices here are small: a second thread gains little on an idle machine, and on a busy one OpenBLAS threads spin
while they wait for each other (measured: 20 times slower on two cores shared with other work). One thread also makes
the rounding, and so the picture's bytes, independent of how many cores there are.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

_SUFFIXES: Final = ("64_", "", "_64_")


class _Hold:
    """Who holds the switch, and what to put back when the last one lets go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._threads_before = 1

    def take(self, get_threads: Callable[[], int], set_threads: Callable[[int], None]) -> None:
        with self._lock:
            if self._users == 0:
                self._threads_before = get_threads()
                set_threads(1)
            self._users += 1

    def let_go(self, set_threads: Callable[[int], None]) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                set_threads(self._threads_before)


_hold = _Hold()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Nests, and may be held by several threads: the count from before comes back with the last one out.

    Without effect where numpy was built on another BLAS.
    """
    switch = _find_switch()
    if switch is None:
        yield
        return
    get_threads, set_threads = switch
    _hold.take(get_threads, set_threads)
    try:
        yield
    finally:
        _hold.let_go(set_threads)


@functools.cache
def _find_switch() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """The getter and setter of the OpenBLAS inside numpy's wheel, which is loaded already."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in sorted(folder.glob("*openblas*")):
            try:
                library = ctypes.CDLL(str(file))
            except OSError:
                continue
            for prefix in ("scipy_openblas", "openblas"):
                for suffix in _SUFFIXES:
                    getter = getattr(library, f"{prefix}_get_num_threads{suffix}", None)
                    setter = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
                    if getter is not None and setter is not None:
                        getter.restype, setter.restype, setter.argtypes = ctypes.c_int, None, (ctypes.c_int,)
                        return getter, setter
    return None
