"""A server with a small app on a real socket in this process, its clock in the test's hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from horde_server.process.connections import ConnectionLimits, Connections
from horde_server.process.http_protocol import BoundedProtocol

LIMIT_S = 15.0
LIMITS = ConnectionLimits(
    max_connections=1000,
    max_connections_per_address=500,
    first_byte_s=15,
    headers_s=15,
    keep_alive_s=60,
    progress_grace_s=15,
    progress_bytes_per_s=1000,
)


@dataclass
class SmallApp:
    """`/read` answers how long its body was, `/unread` reads none, `/wait` waits for `may_go`, `/long` is long."""

    may_go: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[str] = field(default_factory=list)
    headers: list[list[tuple[bytes, bytes]]] = field(default_factory=list)
    most_waiting: int = 0
    long_bytes: int = 30_000_000

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or the life of the server."""
        if scope["type"] == "lifespan":
            for _ in range(2):
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
            return
        path = scope["path"]
        self.seen.append(path)
        self.headers.append(scope["headers"])
        size = 0
        if path == "/read":
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.seen.append("gone")
                    return
                size += len(message.get("body", b""))
                if not message.get("more_body"):
                    break
        if path == "/wait":
            await self.may_go.wait()
        body = b"x" * self.long_bytes if path == "/long" else json.dumps({"size": size}).encode()
        head = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Clock:
    """Seconds that pass when the test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Send; whoever no longer listens is no fault of the sender."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(data)
            await asyncio.wait_for(self.writer.drain(), LIMIT_S)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), LIMIT_S)
        first, *rest = head.decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in rest)
        body = await asyncio.wait_for(self.reader.readexactly(int(headers["content-length"])), LIMIT_S)
        return int(first.split()[1]), headers, body

    async def refusal(self) -> tuple[int, str]:
        """The next answer, with which the server ends the connection: status and sentence."""
        status, headers, body = await self.answer()
        assert headers["connection"] == "close"
        assert await self.is_closed()
        return status, json.loads(body)["message"]

    async def is_closed(self) -> bool:
        """Whether the server ends the connection, without another word."""
        try:
            return await asyncio.wait_for(self.reader.read(100), LIMIT_S) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        """End it."""
        self.writer.transport.abort()


@dataclass
class Serving:
    """A server, and the way to it."""

    port: int
    app: SmallApp
    connections: Connections
    clock: Clock
    stop: asyncio.Event
    stack: AsyncExitStack
    task: asyncio.Task[None]

    @property
    def protocols(self) -> list[BoundedProtocol]:
        """The server's end of each connection."""
        return [one for one in self.connections._open if isinstance(one, BoundedProtocol)]

    async def connect(self, *sent: bytes) -> Client:
        """A new connection, on which this is sent."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.stack.callback(client.close)
        for data in sent:
            await client.send(data)
        return client

    async def pass_s(self, seconds: int) -> None:
        """Let time pass; the server looks at its connections every second."""
        for _ in range(seconds):
            self.clock.now += 1
            self.connections.look()
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while not condition():
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"not within {LIMIT_S:g} s: {what}") from None


StartServing = Callable[..., Awaitable[Serving]]
"""Starts a server with these limits around an app; it ends with the test."""
