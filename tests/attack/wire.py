"""What an attacker says on the wire: raw HTTP/1.1, none of a client's good manners, and what the server made of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

ANSWER_LIMIT_S = 60.0
"""How long an attacker waits for an answer before he gives up."""
_MOST_ANSWER_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What came of one attempt. `status` 0: hung up on without a word; -1: nothing came within `ANSWER_LIMIT_S`."""

    status: int
    message: str = ""
    size_bytes: int = 0


@dataclass(frozen=True)
class Target:
    """A server under attack, and the keys that the attacker has."""

    host: str
    port: int
    key: str = "0000000000"

    @classmethod
    def at(cls, url: str, key: str = "0000000000") -> Target:
        """The server at `http://host:port`."""
        parts = urlsplit(url)
        return cls(parts.hostname or "127.0.0.1", parts.port or 80, key)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """One connection, aborted at the end: an attacker says no goodbye."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection(self.host, self.port), ANSWER_LIMIT_S)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    def head(self, method: str, path: str, **headers: str) -> bytes:
        """The head of a request, without its empty last line."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n"

    def post(self, path: str, length: int, **headers: str) -> bytes:
        """The whole head of a POST of JSON, `length` bytes long."""
        sent = {"Content_Type": "application/json", "Content_Length": str(length), "apikey": self.key, **headers}
        return self.head("POST", path, **sent) + b"\r\n"


async def attempt(target: Target, pieces: Iterable[bytes], *, pause_s: float = 0.0) -> Answer:
    """Send the pieces for as long as the server listens, and read its answer, which may come before all is sent."""
    try:
        async with target.connection() as (reader, writer):
            sending = asyncio.create_task(_send(writer, pieces, pause_s))
            try:
                return await asyncio.wait_for(read_answer(reader), ANSWER_LIMIT_S)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
    except TimeoutError:
        return Answer(-1)
    except OSError:
        return Answer(0)


async def _send(writer: asyncio.StreamWriter, pieces: Iterable[bytes], pause_s: float) -> None:
    with contextlib.suppress(OSError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if pause_s:
                await asyncio.sleep(pause_s)


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next answer on a connection; status 0 where there is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        return Answer(0)
    status = int(head.split(b" ", 2)[1])
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    body = b""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        body = await reader.readexactly(min(length, _MOST_ANSWER_BYTES))
    return Answer(status, _message(body), len(head) + length)


def _message(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return body[:200].decode("latin-1")
    return str(answer.get("message", "")) if isinstance(answer, dict) else ""
