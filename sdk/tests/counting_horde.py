"""A horde on loopback that misbehaves on demand, and counts the requests that are still open on it."""

from __future__ import annotations

import itertools
import json
import socket
import struct
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from fake_horde import Asked, FakeHorde, Reply


@dataclass
class Broken(Reply):
    """An answer whose connection is reset after some bytes of its body; 0: before any of it was sent."""

    sent_bytes: int = 0


class CountingHorde(FakeHorde):
    """Gives every request an id of its own, and forgets it once its results were fetched or it was cancelled.

    Attributes:
        open_ids: The requests that somebody still has to fetch or cancel.
        most_open: How many there were at the worst moment.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open_ids: set[str] = set()
        self.most_open = 0
        self.most_allowed: int | None = None
        self._numbers = itertools.count(1)
        self._wanted: dict[str, int] = {}

    def will_answer_next(self, method: str, path: str, *replies: Reply) -> None:
        """Queue answers to the next calls of an endpoint, whatever the id at its end."""
        self._replies[f"{method} {path}"].extend(replies)

    def _usual(self, asked: Asked) -> Reply:
        parts = asked.path.split("/")
        family, known = "/".join(parts[:-1]), parts[-1] in self.open_ids
        queue = self._replies[f"{asked.method} {family}"]
        if queue:
            reply = queue.popleft()
            if reply.status == 404 or (family.endswith("status") and type(reply) is Reply and reply.status == 200):
                self.open_ids.discard(parts[-1])
            return reply
        match asked.method, family:
            case "POST", "/v2/generate" | "/v2/generate/text":
                return self._accept(asked)
            case _, "/v2/generate/check" | "/v2/generate/status" | "/v2/generate/text/status" if not known:
                return Reply(404, {"message": "no such request", "rc": "RequestNotFound"})
            case _, "/v2/generate/status" | "/v2/generate/text/status":
                self.open_ids.discard(parts[-1])
        self.images = self._wanted.get(parts[-1], 1)
        return super()._usual(asked)

    def _accept(self, asked: Asked) -> Reply:
        if self.most_allowed is not None and len(self.open_ids) >= self.most_allowed:
            return Reply(429, {"message": "too many open", "rc": "TooManyPrompts"})
        number = f"{next(self._numbers):08}-0000-0000-0000-000000000000"
        self.open_ids.add(number)
        self.most_open = max(self.most_open, len(self.open_ids))
        self._wanted[number] = (asked.body.get("params") or {}).get("n", 1)
        return Reply(202, {"id": number, "kudos": 10.0})

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if not isinstance(reply, Broken):
            super()._send(handler, reply)
            return
        handler.close_connection = True
        if reply.sent_bytes:
            body = json.dumps(reply.body).encode()
            handler.send_response(reply.status)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body[: reply.sent_bytes])
            handler.wfile.flush()
        # Closing with a linger of zero seconds sends a reset instead of a polite end.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
