"""Web servers on loopback that answer as a test tells them to, byte by byte if it likes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]

PIECE = b"x" * 65536


class StrangeServer:
    """One server; `connections` counts who came, `sent_bytes` what an endless answer got rid of."""

    def __init__(self, answer: bytes | Answer) -> None:
        self.answer = answer
        self.connections = 0
        self.open_now = 0
        self.most_open = 0
        self.sent_bytes = 0
        self.host, self.port = "", 0

    def url(self, path: str = "/picture.png", host: str | None = None) -> str:
        return f"http://{host or self.host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                if isinstance(self.answer, bytes):
                    writer.write(self.answer)
                    await writer.drain()
                else:
                    await self.answer(writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def endless(self, writer: asyncio.StreamWriter) -> None:
        """A body of 1 GiB, piece after piece as fast as they are taken."""
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while self.sent_bytes < 2**30:
            writer.write(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
            await writer.drain()
            self.sent_bytes += len(PIECE)


@asynccontextmanager
async def serving(answer: bytes | Answer = b"", host: str = "127.0.0.1") -> AsyncIterator[StrangeServer]:
    """A server for the length of a test. What it is still sending then is cut off."""
    strange = StrangeServer(answer)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await strange.serve(reader, writer)
        finally:
            tasks.discard(task)

    listener = await asyncio.start_server(serve, host, 0)
    strange.host, strange.port = listener.sockets[0].getsockname()[:2]
    try:
        yield strange
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A plain HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(url: str) -> bytes:
    return answer(status="302 Found", Location=url)


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever: no pause is long enough for a read timeout."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    """The answer's head, a byte now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood_headers(writer: asyncio.StreamWriter) -> None:
    """Header after header, as fast as they are taken."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Much: " + b"x" * 4000 + b"\r\n")
        await writer.drain()


async def continue_for_ever(writer: asyncio.StreamWriter) -> None:
    """Never a final answer."""
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.001)


async def silent(writer: asyncio.StreamWriter) -> None:
    """Accepts, and says nothing."""
    await asyncio.Event().wait()
