"""Signals stop a program in order, also on a loop that cannot take them; the loop is one that psycopg can use."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from horde_server.system.event_loop import run, stop_signals


def takes_no_signals(*_: Any) -> None:
    raise NotImplementedError


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("on_windows", [False, True])
async def test_a_signal_stops_and_behind_the_block_it_is_not_ours(
    number: signal.Signals, on_windows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if on_windows:
        monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", takes_no_signals)
    before = signal.getsignal(number)
    stop = asyncio.Event()
    with stop_signals(stop):
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        async with asyncio.timeout(10):
            await stop.wait()
    after = signal.getsignal(number)
    assert after == before if on_windows else after in {signal.SIG_DFL, signal.default_int_handler}


def test_the_answer_comes_from_a_loop_that_psycopg_can_use() -> None:
    async def which() -> bool:
        return isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop)

    assert run(which())
