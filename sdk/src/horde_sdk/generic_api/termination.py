"""Termination: a program that is told to end (SIGTERM: `docker stop`, `kill`) first cancels what it waits for.

By default the signal ends a program at once, and its request would stay in the queue. Programs that handle the signal
themselves are left alone, and so are threads: Python hands signals to the main thread only.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Terminated(KeyboardInterrupt):
    """The program was told to end while it waited for a horde."""


@contextmanager
def interrupted_by_termination() -> Iterator[list[int]]:
    """Raise `Terminated` in this block when the program is told to end, once; told again, it ends at once.

    Yields:
        The signals that came.
    """
    came: list[int] = []
    if not _is_ours_to_handle():
        yield came
        return

    def interrupt(number: int, _: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        came.append(number)
        raise Terminated

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def cleaned_up_on_termination() -> Iterator[None]:
    """Leave this block by an exception when the program is told to end, and end it by the signal behind the block."""
    came: list[int] = []
    try:
        with interrupted_by_termination() as came:
            yield
    finally:
        if came:
            os.kill(os.getpid(), signal.SIGTERM)


def _is_ours_to_handle() -> bool:
    """Tell whether the signal would end the program at once, and this is the thread to which it comes."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


class WaitingTasks:
    """Tasks of an event loop that wait for a horde: cancelled by SIGTERM, which ends the program once they are done."""

    def __init__(self) -> None:
        self._waiting: Counter[asyncio.Task[object]] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._came = False

    def enter(self) -> asyncio.Task[object] | None:
        """Count the running task in and return it; `None` where the signal is somebody else's."""
        import asyncio

        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None or not (self._loop is loop or _is_ours_to_handle()):
            return None
        if self._loop is not loop:
            try:
                loop.add_signal_handler(signal.SIGTERM, self._end)
            except (NotImplementedError, RuntimeError, ValueError):  # such as on Windows
                return None
            self._loop = loop
            self._waiting.clear()
        self._waiting[task] += 1
        return task

    def leave(self, task: asyncio.Task[object] | None) -> None:
        """Count a task out that was counted in."""
        if task is None or self._loop is None:
            return
        self._waiting[task] -= 1
        self._waiting += Counter()  # drops those at zero
        if not self._waiting:
            with suppress(RuntimeError):  # the loop may be closed
                self._loop.remove_signal_handler(signal.SIGTERM)
            self._loop = None
            if self._came:
                os.kill(os.getpid(), signal.SIGTERM)

    def _end(self) -> None:
        self._came = True
        for task in list(self._waiting):
            task.cancel()


waiting_tasks = WaitingTasks()
"""Of this process, as its signals are."""
