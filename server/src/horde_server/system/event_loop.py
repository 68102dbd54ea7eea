"""Event loops and signals: what the platform's own cannot do."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on a loop that psycopg can use: the one that Windows has by default is not."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(main)


def uvloop_run(main: Coroutine[Any, Any, None]) -> None:
    """Run a server: on uvloop where it is installed (it is not for Windows).

    What was imported stays until the end, and most of what a request makes goes without the collector: it need not look
    at either often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        import uvloop
    except ImportError:
        run(main)
    else:
        uvloop.run(main)


@contextlib.contextmanager
def stop_signals(stop: asyncio.Event) -> Iterator[None]:
    """Turn what tells a program to end (SIGINT, SIGTERM, Ctrl-Break of Windows) into `stop`: all ends in order."""
    loop = asyncio.get_running_loop()
    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    with contextlib.ExitStack() as undo:
        for number in numbers:
            try:
                loop.add_signal_handler(number, stop.set)
            except NotImplementedError:  # Windows: a handler of Python's own, which wakes the loop
                before = signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
                undo.callback(signal.signal, number, before)
            else:
                undo.callback(loop.remove_signal_handler, number)
        yield
