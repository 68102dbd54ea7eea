"""The rim around the app, one plain ASGI layer: CORS and node headers, body limit, `X-Fields`, hot routes, fast checks.

One layer rather than five, since every layer costs each request.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_server.errors import HordeError
from horde_server.http.client_address import client_address
from horde_server.http.error_responses import answer_to, error_body
from horde_server.http.field_masks import Mask, apply_mask, parse_mask
from horde_server.http.hot_routes import Endpoint, HotRoutes

_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET, OPTIONS, PUT, DELETE, PATCH"),
    (
        b"access-control-allow-headers",
        b"Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, apikey, Client-Agent, X-Fields, "
        b"X-Forwarded-For, Proxied-For, Proxy-Authorization",
    ),
)
_JSON = (b"content-type", b"application/json; charset=utf-8")

FastAnswer = Callable[[Scope], "bytes | None"]
"""Answers a request from memory (status 200, JSON), or returns None to let the app do it."""
RateLimit = Callable[[Scope, str], "list[tuple[bytes, bytes]]"]
"""Headers that tell the caller's limit; raises `HordeError` when it is exceeded."""


class BodyTooLarge(HordeError):
    """The request body is too large."""

    status, rc = 413, None


class Rim:
    """See the module."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        node_name: str,
        max_body_bytes: int,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self._app = app
        self._headers = [*_CORS, (b"horde-node", node_name.encode("ascii", "replace"))]
        self._max_body_bytes = max_body_bytes
        self._fast_answer: FastAnswer | None = None
        self._hot_routes = HotRoutes()
        self._rate_limit = rate_limit

    def open(self, fast_answer: FastAnswer, hot_routes: HotRoutes) -> None:
        """Short ways become possible once the node runs and its mirrors are filled."""
        self._fast_answer, self._hot_routes = fast_answer, hot_routes

    def close(self) -> None:
        """The node stops: everything goes through the app."""
        self._fast_answer, self._hot_routes = None, HotRoutes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = self._headers
        try:
            address = client_address(scope)
            if self._rate_limit is not None:
                headers = [*headers, *self._rate_limit(scope, address)]
            mask = _mask(scope)
            if mask is None and scope["method"] == "GET" and self._fast_answer is not None:
                body = self._fast_answer(scope)
                if body is not None:
                    await _respond(send, 200, body, headers)
                    return
            if scope["method"] == "OPTIONS":
                await _respond(send, 200, b"", [*headers, (b"allow", b"POST, GET, OPTIONS, PUT, DELETE, HEAD, PATCH")])
                return
            self._refuse_long_body(scope)
        except HordeError as error:
            extra = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
            await _respond(send, error.status, error_body(error), [*headers, *extra])
            return
        scope.setdefault("state", {})["client_address"] = address
        hot = self._hot_routes.find(scope["method"], scope["path"]) if mask is None else None
        if hot is not None:
            endpoint, scope["path_params"] = hot
            await self._answer_hot(endpoint, Request(scope, self._limited(receive)), send, headers)
        else:
            await self._pass_on(scope, self._limited(receive), send, headers, mask)

    @staticmethod
    async def _answer_hot(endpoint: Endpoint, request: Request, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        try:
            response = await endpoint(request)
        except Exception as error:  # noqa: BLE001 what the framework's outermost layer does for other routes
            response = answer_to(error, request.url.path, request)
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": [*response.raw_headers, *headers],
            }
        )
        await send({"type": "http.response.body", "body": response.body})

    def _limited(self, receive: Receive) -> Receive:
        """Refuse what is longer than it said, or did not say how long it is."""
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                raise BodyTooLarge
            return message

        return limited_receive

    async def _pass_on(
        self, scope: Scope, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]], mask: Mask | None
    ) -> None:
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}
        masking = _Masking(mask) if mask is not None else None

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
                if masking is not None and masking.holds_back(message):
                    return
            elif masking is not None and masking.start is not None:
                if message.get("more_body"):
                    masking.pieces.append(message.get("body", b""))
                    return
                await masking.finish(message, send)
                return
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, send_on)

    def _refuse_long_body(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._max_body_bytes:
                raise BodyTooLarge(f"The request body is too large: at most {self._max_body_bytes} bytes.")


class _Masking:
    """Holds a JSON answer back until it is whole, and sends what the mask leaves of it."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self.start: Message | None = None
        self.pieces: list[bytes] = []

    def holds_back(self, start: Message) -> bool:
        """Whether this answer is to be masked: only good JSON ones are."""
        is_json = any(name == b"content-type" and b"json" in value for name, value in start["headers"])
        if start["status"] < 400 and is_json:
            self.start = start
            return True
        return False

    async def finish(self, last: Message, send: Send) -> None:
        """Send the masked answer."""
        assert self.start is not None
        self.pieces.append(last.get("body", b""))
        try:
            body = msgspec.json.encode(apply_mask(json.loads(b"".join(self.pieces)), self._mask))
        except HordeError as error:
            body, self.start["status"] = error_body(error), error.status
        kept = [(name, value) for name, value in self.start["headers"] if name != b"content-length"]
        await send({**self.start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


def _mask(scope: Scope) -> Mask | None:
    for name, value in scope["headers"]:
        if name == b"x-fields" and scope["path"] != "/api/v2/status/heartbeat":
            return parse_mask(value.decode("latin-1"))
    return None


async def _respond(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length: Any = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, _JSON, length]})
    await send({"type": "http.response.body", "body": body})
