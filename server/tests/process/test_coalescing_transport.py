"""Answers leave in one write, and none is lost when the connection ends."""

from __future__ import annotations

import asyncio

import pytest

from horde_server.process.coalescing_transport import CoalescingTransport


class Wire:
    """What reached the socket."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.sent.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_what_is_written_in_one_turn_is_sent_together(wire: Wire) -> None:
    transport = CoalescingTransport(wire, asyncio.get_running_loop())  # type: ignore[arg-type]
    transport.write(b"head ")
    transport.write(b"body")
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [b"head body"]
    transport.write(b"next")
    await asyncio.sleep(0)
    assert wire.sent == [b"head body", b"next"]


async def test_closing_sends_what_is_left_first(wire: Wire) -> None:
    transport = CoalescingTransport(wire, asyncio.get_running_loop())  # type: ignore[arg-type]
    transport.write(b"last words")
    transport.close()
    assert (wire.sent, transport.is_closing()) == ([b"last words"], True)
    await asyncio.sleep(0)
    assert wire.sent == [b"last words"]


async def test_what_is_written_to_a_connection_that_ended_meanwhile_is_dropped(wire: Wire) -> None:
    transport = CoalescingTransport(wire, asyncio.get_running_loop())  # type: ignore[arg-type]
    transport.write(b"too late")
    wire.close()
    await asyncio.sleep(0)
    assert wire.sent == []
