"""A client that may close its connection while it waits, which httpx cannot do without a socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class LeavingClient:
    """One call. `task` is the server's side of it."""

    def __init__(self, app: Any, path: str, body: Any, key: str) -> None:
        self.received = b""
        self.status: int | None = None
        self._gone = asyncio.Event()
        self._body: bytes | None = json.dumps(body).encode()
        self._pieces = asyncio.Event()
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"host", b"horde.test"), (b"content-type", b"application/json"), (b"x-api-key", key.encode()),
                        (b"content-length", str(len(self._body or b"")).encode())],
            "client": ("127.0.0.1", 50_001), "server": ("horde.test", 80), "state": {},
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    def go(self) -> None:
        """Close the connection."""
        self._gone.set()

    async def has(self, text: bytes, times: int = 1) -> None:
        """Wait until that was received so often."""
        async with asyncio.timeout(20):
            while self.received.count(text) < times:
                self._pieces.clear()
                await self._pieces.wait()

    async def _receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.received += message.get("body", b"")
        self._pieces.set()
