"""HTTP/1.1 as uvicorn speaks it, within limits: what arrives is counted before it is parsed, and never waits for ever.

httptools puts the pieces of a header together by copying, so what it has not finished must stay small. And it cannot
stop in the middle of what it is given: so what may hold many requests is given to it in small slices, as long as none
of them waits for its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import httptools
import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from horde_server.process.coalescing_transport import CoalescingTransport
from horde_server.process.connections import Connections, Full, Phase, Progress

MOST_HEAD_BYTES = 64 * 1024
MOST_HEADERS = 128
MOST_TARGET_BYTES = 8 * 1024
_SLICE_BYTES = 2048
_MOST_SMALL_BODY_BYTES = 64 * 1024
_MOST_DISCARDED_BYTES = 64 * 1024 * 1024
_DISCARD_PAUSE_S = 0.05  # after each read: unpaused, a local flood of refused bodies holds everybody up for seconds


class _Refusal(Exception):
    """A request that ends its connection: a status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


_HEAD_TOO_LARGE = f"The headers of this request are longer than {MOST_HEAD_BYTES} bytes: send less in them."
_HEADERS_TOO_MANY = f"This request has more than {MOST_HEADERS} headers: send fewer."
_TARGET_TOO_LONG = (
    f"The address of this request is longer than {MOST_TARGET_BYTES} bytes: send long values in the body."
)


class _HeldFlow(FlowControl):
    """Reads nothing more while what came already must wait."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self.is_held = False

    def resume_reading(self) -> None:
        if not self.is_held:
            super().resume_reading()


class BoundedProtocol(HttpToolsProtocol):
    """An HTTP/1.1 connection within limits. `answer_headers`: of every answer, as they stand on the wire."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
        answer_headers: bytes = b"",
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = connections
        self._answer_headers = answer_headers
        self.household = ""
        self.since = 0.0
        self._has_begun = False  # something has arrived
        self._is_in_head = False
        self._is_in_body = False
        self._is_lingering = False
        self._is_advanced = False  # by what was parsed last: headers were complete, or a body went on
        self._unparsed_bytes = 0  # in the parser, of a head or of what surrounds the pieces of a body
        self._head_bytes = 0
        self._body_bytes = 0  # of this message
        self._plain_body_bytes = 0  # still to come past the parser
        self._discarded_bytes = 0
        self._held = b""
        self._refusal: _Refusal | None = None  # once the requests before it are answered
        self._arriving = Progress()
        self._leaving = Progress()
        self._watched: object = None
        self._stop_at: float | None = None

    # ---------------------------------------------------------------- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """A client connected; it may be one too many."""
        own = CoalescingTransport(transport, self.loop, self._is_sent_to)
        super().connection_made(cast("asyncio.Transport", own))
        self.flow = _HeldFlow(self.transport)
        try:
            self._connections.add(self, self.client[0] if self.client else "")
        except Full as full:
            self._write_refusal(full.status, str(full))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._connections.remove(self)
        super().connection_lost(exc)

    @property
    def phase(self) -> Phase:
        """What this connection is about."""
        if self._is_lingering:
            return Phase.LINGERING
        if self._is_in_body and not self.flow.read_paused:
            return Phase.BODY
        if self._is_answering():
            return Phase.BUSY
        return Phase.HEADERS if self._is_in_head else Phase.IDLE

    def look(self, now: float) -> None:
        """End it if it has used up its time, with words where a request has begun."""
        limits = self._connections.limits
        phase = self.phase
        if phase is not Phase.BODY:
            self._arriving.rest()
        if self._is_unread(now):
            self.drop()
        elif phase is Phase.LINGERING:
            if self._stop_at is not None or now - self.since >= limits.linger_s:
                self.drop()
        elif phase is Phase.BODY:
            self._look_at_body(now)
        elif phase is Phase.HEADERS and now - self.since >= limits.headers_s:
            self._refuse(408, f"The headers of this request did not arrive within {limits.headers_s:g} seconds.")
        elif phase is Phase.IDLE:
            allowed_s = limits.keep_alive_s if self._has_begun else limits.first_byte_s
            if now - self.since >= allowed_s:
                self.transport.close()

    def drop(self) -> None:
        """End it now, without a word."""
        self.transport.abort()

    def shutdown(self) -> None:
        """The server stops: requests are answered, bodies may still arrive for a moment."""
        self._stop_at = self._connections.now + self._connections.limits.stop_s
        if self._is_lingering:
            self.drop()
        else:
            super().shutdown()

    def _look_at_body(self, now: float) -> None:
        limits = self._connections.limits
        if self._watched is not self.cycle:
            self._watched = self.cycle
            self._arriving.rest()
        if self._stop_at is not None and now >= self._stop_at:
            self._refuse(503, "This server is stopping: send the request again.", b"retry-after: 5\r\n")
        elif self._arriving.is_too_slow(now, self._body_bytes, limits):
            self._refuse(
                408,
                f"The body of this request came too slowly: less than {limits.progress_bytes_per_s:g} bytes a second "
                f"for {limits.progress_grace_s:g} seconds.",
            )

    def _is_unread(self, now: float) -> bool:
        """Whether the other side takes too little of its answers."""
        if not self.transport.get_write_buffer_size():
            self._leaving.rest()
            return False
        delivered_bytes = cast("CoalescingTransport", self.transport).delivered_bytes()
        return self._leaving.is_too_slow(now, delivered_bytes, self._connections.limits)

    def _is_answering(self) -> bool:
        return bool(self.pipeline) or (self.cycle is not None and not self.cycle.response_complete)

    # ---------------------------------------------------------------- what arrives

    def data_received(self, data: bytes) -> None:
        """Parse it, as far as it may be looked at already."""
        if self._is_lingering or self._refusal is not None:
            self._discard(len(data))
        elif self.pipeline or self._held:
            self._hold(self._held + data)
        elif len(data) <= _SLICE_BYTES:
            self._feed(data)
        else:
            self._feed_in_slices(data)

    def _feed_in_slices(self, data: bytes) -> None:
        view, start = memoryview(data), 0
        while start < len(view):
            if self.pipeline or self._held:
                self._hold(self._held + data[start:])
                return
            end = start + max(_SLICE_BYTES, self._announced_bytes_left())
            self._feed(view[start:end])
            if self._is_lingering or self._refusal is not None:
                return
            start = end

    def _feed(self, data: bytes | memoryview) -> None:
        if self._plain_body_bytes:
            data = self._take_plain_body(data)
            if not data:
                return
        self._has_begun = True
        self._is_advanced = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay_with_http(bytes(data[upgrade.args[0] :]))
            return
        except httptools.HttpParserError as error:
            refusal = error.__context__
            if isinstance(refusal, _Refusal):
                self._refuse(refusal.status, str(refusal))
            else:
                self._refuse(400, f"This is no request in HTTP/1.1: {_reason(error)}.")
            return
        if self._is_advanced:
            self._unparsed_bytes = 0
        else:
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > MOST_HEAD_BYTES:
                self._refuse(431, _HEAD_TOO_LARGE)

    def _stay_with_http(self, rest: bytes) -> None:
        """Another protocol was offered (h2c, websocket) and is not spoken: what follows is the body, then a request.

        The parser takes the body of such a request for the other protocol. Read as a request it would be a hole.
        """
        announced = _announced_bytes(self.headers)
        if any(name == b"transfer-encoding" for name, _ in self.headers):
            self._is_in_body = True
            self._refuse(400, "A request that offers another protocol (Upgrade) must tell its length: Content-Length.")
            return
        if announced:
            self._is_in_body = self.cycle.more_body = True
            self.cycle.message_event.clear()
            self._plain_body_bytes = announced
        if rest:
            self.data_received(rest)

    def _take_plain_body(self, data: bytes | memoryview) -> bytes | memoryview:
        piece, rest = data[: self._plain_body_bytes], data[self._plain_body_bytes :]
        self._plain_body_bytes -= len(piece)
        self.on_body(bytes(piece))
        if not self._plain_body_bytes:
            self.on_message_complete()
        return rest

    def _announced_bytes_left(self) -> int:
        return _announced_bytes(self.headers) - self._body_bytes if self._is_in_body else 0

    def _hold(self, data: bytes) -> None:
        self._held = data
        cast("_HeldFlow", self.flow).is_held = True
        self.flow.pause_reading()

    def _discard(self, size_bytes: int) -> None:
        self._discarded_bytes += size_bytes
        if self._discarded_bytes > _MOST_DISCARDED_BYTES:
            self.drop()
        else:
            self.flow.pause_reading()
            self.loop.call_later(_DISCARD_PAUSE_S, self._discard_on)

    def _discard_on(self) -> None:
        if self.parser is not None:  # connected
            self.flow.resume_reading()

    # ---------------------------------------------------------------- what the parser finds

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_in_head = True
        self._head_bytes = self._body_bytes = 0
        self.since = self._connections.now
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self.url += url
        if len(self.url) > MOST_TARGET_BYTES:
            raise _Refusal(414, _TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or what a body ends with: that is read by nobody. Blanks around a value are no part of it."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MOST_HEAD_BYTES:
            raise _Refusal(431, _HEAD_TOO_LARGE)
        if self._is_in_body:
            return
        if len(self.headers) >= MOST_HEADERS:
            raise _Refusal(431, _HEADERS_TOO_MANY)
        name, value = name.lower(), value.strip(b" \t")
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The request can be answered."""
        self._is_advanced = True
        self._is_in_head = False
        self._is_in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._is_advanced = True
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Nothing more belongs to this request."""
        self._is_in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The next one's turn. No timer for the idle connection as uvicorn has: `look` ends it."""
        self.server_state.total_requests += 1
        self.since = self._connections.now
        if self.transport.is_closing():
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._is_in_body and (
            self.expect_100_continue or not 0 < self._announced_bytes_left() <= _MOST_SMALL_BODY_BYTES
        ):
            self.transport.close()  # and linger: more of its body is to come than is worth reading
            return
        elif self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            self._refuse(refusal.status, str(refusal))
            return
        if self._held and not self.pipeline:
            held, self._held = self._held, b""
            cast("_HeldFlow", self.flow).is_held = False
            self._feed_in_slices(held)
        self.flow.resume_reading()

    # ---------------------------------------------------------------- refusals

    def _refuse(self, status: int, message: str, headers: bytes = b"") -> None:
        """Answer in words and read no more, once the requests before are answered."""
        if self._is_in_body and self.pipeline:  # it waits for its turn itself, which never comes
            self.pipeline.popleft()
            self._is_in_body = False
            self._refusal = _Refusal(status, message)
            return
        if not self._is_in_body and self._is_answering():
            self._refusal = _Refusal(status, message)
            return
        if self._is_in_body:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.close()
                return
        if not self.transport.is_closing():
            self._write_refusal(status, message, headers)
            self._linger()
            cast("CoalescingTransport", self.transport).linger()

    def _write_refusal(self, status: int, message: str, headers: bytes = b"") -> None:
        body = msgspec.json.encode({"message": message})
        length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + self._answer_headers + headers + length + body)

    def _is_sent_to(self) -> bool:
        """Asked before closing: whether a body still arrives, whose sender would lose the answer to a plain end."""
        if self._is_in_body:
            self._linger()
        return self._is_in_body

    def _linger(self) -> None:
        self._is_lingering = True
        self.since = self._connections.now
        self._held = b""
        cast("_HeldFlow", self.flow).is_held = False
        self.flow.resume_reading()


def bounded_protocol(connections: Connections, answer_headers: bytes) -> Callable[..., BoundedProtocol]:
    """What uvicorn makes for each connection."""

    def make(**given: Any) -> BoundedProtocol:
        return BoundedProtocol(**given, connections=connections, answer_headers=answer_headers)

    return make


def _announced_bytes(headers: list[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if name == b"content-length":
            return int(value)
    return 0


def _reason(error: Exception) -> str:
    text = str(error).strip().rstrip(".").lower()
    return text if text and len(text) <= 100 else "it cannot be read"
