"""Answers that are sent as they come: what is ready goes out at once, and no more than the client takes waits here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from horde_server.gateway.common.life import Running, leave_all
from horde_server.http.dialects import Refusal
from horde_server.http.error_responses import refusal_of
from horde_server.requests.following import ClientGone

EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
NDJSON: Final = "application/x-ndjson"
UNREAD_S: Final = 120.0
"""A client that takes nothing for as long has gone."""
KEEPALIVE_COMMENT: Final = b": ka\n"
"""One line feed: after a blank line readers of other programs would take it for an event."""
_HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

Failing = Callable[[Refusal], bytes]
"""The bytes that tell of a failure in a stream that has begun."""


class StreamAnswer(StreamingResponse):
    """A stream of pieces, made one at a time: the next only when the connection has room for it.

    Its headers go out before the first piece is there. A failure is told in the dialect's words, as status 200 is sent
    by then. However it ends, the call is left: what nobody waits for is cancelled.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        *,
        running: Running[Any] | Sequence[Running[Any]] | None,
        failed: Failing,
        media_type: str = EVENT_STREAM,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(pieces, headers={**_HEADERS, **(headers or {})}, media_type=media_type)
        self._pieces = pieces
        self._running = [running] if isinstance(running, Running) else list(running or ())
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._send_all(scope, send)
        except ClientGone:
            pass
        finally:
            await leave_all(self._running)

    async def _send_all(self, scope: Scope, send: Send) -> None:
        async with aclosing(self._pieces):
            try:
                async for piece in self._pieces:
                    if not piece:
                        continue
                    await _send(send, piece)
            except ClientGone:
                raise
            except Exception as error:  # noqa: BLE001 told as every failure is, by the handler of refusals
                await _send(send, self._failed(refusal_of(error, scope["path"])))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def restarted(reason: str) -> bytes:
    """A comment of an event stream, that a worker was lost in the middle and another goes on."""
    return b': restarted {"reason":"' + reason.encode() + b'"}\n'


async def _send(send: Send, piece: bytes) -> None:
    """Send a piece. Raises `ClientGone` when the client does not take it."""
    try:
        async with asyncio.timeout(UNREAD_S):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except TimeoutError:
        raise ClientGone from None
