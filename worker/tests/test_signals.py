"""Signals reach the loop by either way, once each, and what was there before is put back."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from horde_worker.signals import STOP_SIGNALS, on_stop_signals

LIMIT_S = 20.0


def cannot_hear(*_arguments: Any) -> None:
    """As Windows' event loops answer."""
    raise NotImplementedError


@pytest.fixture(params=["posix", "windows"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways; the second by a loop that cannot do what Windows' cannot."""
    if request.param == "windows":
        monkeypatch.setattr(asyncio.SelectorEventLoop, "add_signal_handler", cannot_hear)
        monkeypatch.setattr(asyncio.SelectorEventLoop, "remove_signal_handler", cannot_hear)
    return str(request.param)


@pytest.mark.parametrize("number", STOP_SIGNALS)
async def test_a_signal_is_heard_while_the_loop_waits(way: str, number: signal.Signals) -> None:
    """Each time, also when nothing else happens."""
    before = signal.getsignal(number)
    heard: asyncio.Queue[str] = asyncio.Queue()
    with on_stop_signals(lambda: heard.put_nowait(way)):
        for _ in range(2):
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
            async with asyncio.timeout(LIMIT_S):
                assert await heard.get() == way
    assert signal.getsignal(number) is before
    assert heard.empty()


async def test_the_handler_runs_on_the_loop(way: str) -> None:
    """So it may touch tasks: it is no signal handler by then."""
    on_loop: list[asyncio.AbstractEventLoop] = []
    stopped = asyncio.Event()

    def handle() -> None:
        on_loop.append(asyncio.get_running_loop())  # raises outside of a loop
        asyncio.get_running_loop().call_soon(stopped.set)

    with on_stop_signals(handle):
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(LIMIT_S):
            await stopped.wait()
    assert on_loop == [asyncio.get_running_loop()]


async def test_handlers_are_put_back_after_a_failure(way: str) -> None:
    """Ctrl-C interrupts again."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    with pytest.raises(ZeroDivisionError), on_stop_signals(lambda: None):
        raise ZeroDivisionError
    assert {number: signal.getsignal(number) for number in STOP_SIGNALS} == before
