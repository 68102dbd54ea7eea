"""A transport that sends each answer at once: uvicorn writes head and body apart.

Every write to a socket is a system call that wakes the other side; on hot routes it costs more than making the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


def _never() -> bool:
    return False


class CoalescingTransport:
    """A transport whose writes of one turn of the event loop leave together; all else is the real one's.

    `lingers` is asked when the connection is to be closed: True, and it stays open for reading until `abort`.
    """

    __slots__ = ("_is_lingering", "_lingers", "_loop", "_pieces", "_transport", "written_bytes")

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        lingers: Callable[[], bool] = _never,
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._lingers = lingers
        self._pieces: list[bytes] = []
        self._is_lingering = False
        self.written_bytes = 0

    def write(self, data: bytes) -> None:
        """Send soon: before anything else happens on this loop that is not already due."""
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(data)

    def close(self) -> None:
        """Send what is left, then close; or close the sending half alone, where the other side has more to say."""
        if self._is_lingering:
            return
        self._flush()
        if self._lingers():
            self.linger()
        else:
            self._transport.close()

    def linger(self) -> None:
        """Send what is left and say that no more comes, so that the other side reads it before the end."""
        self._flush()
        if not self._is_lingering and not self._transport.is_closing():
            self._is_lingering = True
            self._transport.write_eof()

    def is_closing(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._is_lingering or self._transport.is_closing()

    def delivered_bytes(self) -> int:
        """What the kernel has taken so far."""
        return self.written_bytes - self._transport.get_write_buffer_size()

    def _flush(self) -> None:
        if self._pieces:
            data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces = []
            self.written_bytes += len(data)
            if not self._transport.is_closing():
                self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
