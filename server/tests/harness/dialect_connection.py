"""A client's own connection to a dialect, spoken to as the server's protocol does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hordes import Horde

CHAT = "/v1/chat/completions"


class Connection:
    """A client's connection to the server, spoken to as its own protocol does: it may go, or take nothing."""

    def __init__(
        self, horde: Horde, body: Mapping[str, Any], path: str = CHAT, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        self.sent = json.dumps(body).encode()
        self._is_sent = False
        self._gone = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()
        self.messages: list[dict[str, Any]] = []
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"host", b"horde.test"), *headers],
            "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 7001), "scheme": "http", "http_version": "1.1",
        }  # fmt: skip
        self.task = asyncio.create_task(horde.app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._is_sent:
            self._is_sent = True
            return {"type": "http.request", "body": self.sent, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await self.takes.wait()
        self.messages.append(message)

    def go(self) -> None:
        self._gone.set()

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)
