"""Signals that ask a process to stop, heard on its event loop: by the loop itself on POSIX, by a detour on Windows."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOP_SIGNALS: Final = tuple(
    # SIGBREAK is Ctrl-Break on Windows, and there what another program can send.
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGBREAK")
    if hasattr(signal, name)
)


@contextmanager
def on_stop_signals(handle: Callable[[], None]) -> Iterator[None]:
    """Call `handle` on the running loop at each signal to stop, in this block. For the main thread only."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    is_by_loop = _heard_by_the_loop(loop, handle)
    if not is_by_loop:
        _heard_by_the_interpreter(loop, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            if is_by_loop:
                loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _heard_by_the_loop(loop: asyncio.AbstractEventLoop, handle: Callable[[], None]) -> bool:
    """Whether the loop can hear signals itself: not so on Windows."""
    try:
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, handle)
    except NotImplementedError:
        return False
    return True


def _heard_by_the_interpreter(loop: asyncio.AbstractEventLoop, handle: Callable[[], None]) -> None:
    """Python runs handlers between two steps of the main thread; this one wakes the loop there."""

    def wake(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(handle)

    for number in STOP_SIGNALS:
        signal.signal(number, wake)
