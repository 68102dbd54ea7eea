"""Answers that go on: server-sent events, as the HTML standard has them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

KEEP_ALIVE: Final = b": ka\n\n"
"""A comment: nothing has happened, and the connection lives."""
_HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


def retry_after(milliseconds: int) -> bytes:
    """When a browser connects again after the stream broke."""
    return b"retry: %d\n\n" % milliseconds


def event(name: str, data: bytes, event_id: str = "") -> bytes:
    """One event. `data`: JSON, in one line."""
    front = f"id: {event_id}\n" if event_id else ""
    return b"%sevent: %s\ndata: %s\n\n" % (front.encode(), name.encode(), data)


class EventStream(StreamingResponse):
    """Sends pieces as they come, each at once; a reader who is slow is waited for, and no piece is made meanwhile.

    Whoever makes the pieces hears that the client has gone, and ends. `released` is called at the end, in any case.
    """

    def __init__(self, pieces: AsyncGenerator[bytes, None], released: Callable[[], None]) -> None:
        super().__init__(pieces, media_type="text/event-stream", headers=_HEADERS)
        self._pieces = pieces
        self._released = released

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """No task group as the framework has: who makes the pieces looks at the connection."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if not scope["state"].get("is_head"):
                async for piece in self._pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._pieces.aclose()
            self._released()
