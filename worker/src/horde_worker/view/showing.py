"""Run work under the view that was chosen."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Literal, TypeAlias, TypeVar

from horde_worker.view.state import WorkerState
from horde_worker.view.summary import summaries

_T = TypeVar("_T")
View: TypeAlias = Literal["tui", "plain", "json"]


def chosen_view(wanted: str) -> View:
    """What to show: a screen only where there is a terminal and what draws it."""
    if wanted == "json":
        return "json"
    is_possible = sys.stdout.isatty() and sys.stdin.isatty() and importlib.util.find_spec("textual") is not None
    return "tui" if wanted in {"auto", "tui"} and is_possible else "plain"


async def run_under(view: View, state: WorkerState, work: Coroutine[Any, Any, _T]) -> _T:
    """The result of work, shown while it runs. Leaving the screen asks the work to end, as Ctrl-C does."""
    if view != "tui":
        telling = asyncio.create_task(summaries(state))
        try:
            return await work
        finally:
            telling.cancel()
    from horde_worker.view.screen import WorkerScreen

    working = asyncio.create_task(work)
    screen = WorkerScreen(state, ask_to_stop, is_over=working.done)
    try:
        await screen.run_async()
        if not working.done():  # the screen itself is gone: there is nobody to show anything to
            ask_to_stop()
        return await working
    finally:
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        for line in list(state.log)[-5:]:
            print(line, file=sys.stderr)


def ask_to_stop() -> None:
    """The same way as Ctrl-C in a terminal: whoever listens to that signal hears it."""
    signal.raise_signal(signal.SIGINT)
