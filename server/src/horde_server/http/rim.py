"""The rim around the app, one plain ASGI layer: CORS and node headers, bodies, `X-Fields`, hot routes, fast checks.

One layer rather than five, since every layer costs each request.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_server.errors import HordeError
from horde_server.http.body_budget import BodyBudget
from horde_server.http.body_limits import SMALL_BYTES, most_body_bytes
from horde_server.http.client_address import PROXIED_FOR
from horde_server.http.cors import CORS, preflight_headers
from horde_server.http.dialects import Receive as ReceiveVisit
from horde_server.http.dialects import Refusal, Visit
from horde_server.http.error_responses import answer_to, error_body
from horde_server.http.etags import NO_CACHE, NOTHING_KNOWN, KnownTags, known_tags
from horde_server.http.field_masks import Mask, apply_mask, parse_mask
from horde_server.http.hot_routes import Endpoint, HotRoutes
from horde_server.http.incoming_body import Doorkeeper, IncomingBody, LargeRequest, SmallRequest
from horde_server.http.networks import household

JSON_HEADER = (b"content-type", b"application/json; charset=utf-8")
_CLOSE = (b"connection", b"close")
_WISHES = frozenset((b"x-fields", b"prefer", b"if-none-match"))
_ASKED_FOR_OTHERS = frozenset(("/api/v2/generate/async", "/api/v2/generate/text/async"))
"""Where the address that a service tells is the client's; elsewhere only rate limits go by it (basics.md §2.6)."""

FastAnswer = Callable[[Scope], "tuple[bytes, bytes] | None"]
"""Answers a request from memory (status 200, JSON) with the answer's tag, or returns None to let the app do it."""
ClientAddress = Callable[[Scope], str]
"""Whose address a request counts for."""
ProxiedClient = Callable[[Scope], "str | None"]
"""For whose address a service asks, where it may say so."""
MethodsAt = Callable[[str], bytes]
"""The methods that an address takes, as `Allow` has them."""
RateLimit = Callable[[Scope, str, bool], "list[tuple[bytes, bytes]]"]
"""Headers that tell the caller's limit, by the address that counts and whether a service told it; raises `HordeError`
when it is exceeded."""


def _no_methods(_: str) -> bytes:
    """Of a node without routes yet."""
    return b"OPTIONS"


def _no_visit(_: Scope) -> None:
    """Of a node without a gateway yet."""


class Waits(Protocol):
    """Answers that are held back until there is news."""

    def __len__(self) -> int:
        """How many."""

    def stop(self) -> None:
        """Answer all as things are."""


def answer_headers(node_name: str) -> list[tuple[bytes, bytes]]:
    """What every answer carries (basics.md §8.1)."""
    return [*CORS, _node_header(node_name)]


def _node_header(node_name: str) -> tuple[bytes, bytes]:
    return b"horde-node", node_name.encode("ascii", "replace")


class Rim:
    """The ASGI layer around the framework: answers what it can itself, and passes the rest in."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        node_name: str,
        max_body_bytes: int,
        bodies_in_flight_bytes: int,
        client_address: ClientAddress,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self._app = app
        self._headers = answer_headers(node_name)
        self._node_header = _node_header(node_name)
        self._receive_visit: ReceiveVisit = _no_visit
        self._max_body_bytes = max_body_bytes
        self._small_bytes = min(SMALL_BYTES, max_body_bytes)
        self._budget = BodyBudget(bodies_in_flight_bytes)
        self._fast_answer: FastAnswer | None = None
        self._allowed_methods: MethodsAt = _no_methods
        self._hot_routes = HotRoutes()
        self._doorkeeper: Doorkeeper | None = None
        self._waits: Waits | None = None
        self._proxied_client: ProxiedClient | None = None
        self._client_address = client_address
        self._rate_limit = rate_limit

    def open(
        self,
        fast_answer: FastAnswer,
        hot_routes: HotRoutes,
        doorkeeper: Doorkeeper,
        waits: Waits,
        allowed_methods: MethodsAt = _no_methods,
        proxied_client: ProxiedClient | None = None,
        receive_visit: ReceiveVisit = _no_visit,
    ) -> None:
        """Short ways become possible once the node runs and its mirrors are filled."""
        self._waits, self._allowed_methods, self._proxied_client = waits, allowed_methods, proxied_client
        self._receive_visit = receive_visit
        self._fast_answer, self._hot_routes, self._doorkeeper = fast_answer, hot_routes, doorkeeper

    def let_go(self) -> None:
        """The server is about to stop: whoever waits for news is answered as things are."""
        if self._waits is not None:
            self._waits.stop()

    def waits(self) -> int:
        """How many answers are held back."""
        return len(self._waits) if self._waits is not None else 0

    def close(self) -> None:
        """The node stops: everything goes through the app."""
        self._fast_answer, self._hot_routes, self._doorkeeper = None, HotRoutes(), None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = self._receive_visit(scope)
        headers = self._headers if visit is None else [*visit.headers, self._node_header]
        body: IncomingBody | None = None
        try:
            address = self._client_address(scope)
            body = self._large_body(scope, receive, address, visit)
            state = scope.get("state")
            proxied = self._proxied(scope, address) if state and PROXIED_FOR in state else None
            if self._rate_limit is not None:
                headers = [*headers, *self._limits(scope, proxied or address, proxied is not None, visit)]
            mask, may_wait, known = _wishes(scope)
            if mask is None and not may_wait and scope["method"] == "GET" and self._fast_answer is not None:
                answer = self._fast_answer(scope)
                if answer is not None:
                    await _respond_tagged(send, *answer, headers, known)
                    return
            if scope["method"] == "OPTIONS":
                allow = (b"allow", self._allowed_methods(scope["path"]))
                told = [*headers, *visit.allowed(scope)] if visit else preflight_headers(headers, scope)
                await _respond(send, 200, b"", [*told, allow])
                return
            if proxied is not None and scope["path"] in _ASKED_FOR_OTHERS:
                address = proxied
            scope.setdefault("state", {})["client_address"] = address
            if visit is not None and visit.refusal is not None:
                raise visit.refusal
            if body is not None:
                await body.admit()
        except HordeError as error:
            await _refuse(send, error, headers if body is None else [*headers, _CLOSE], visit)
            return
        if body is not None:
            try:
                await self._pass_in(LargeRequest(scope, body.receive), _closing(send, body), headers, mask)
            finally:
                body.end()
        else:
            await self._pass_in(SmallRequest(scope, receive), send, headers, mask)

    def _limits(self, scope: Scope, address: str, is_proxied: bool, visit: Visit | None) -> list[tuple[bytes, bytes]]:
        assert self._rate_limit is not None  # asked for by who has looked
        if visit is None:
            return self._rate_limit(scope, address, is_proxied)
        return visit.limits(self._rate_limit(visit.counted(scope), address, is_proxied))

    async def _pass_in(
        self, request: Request, send: Send, headers: list[tuple[bytes, bytes]], mask: Mask | None
    ) -> None:
        scope = request.scope
        hot = self._hot_routes.find(scope["method"], scope["path"]) if mask is None else None
        if hot is not None:
            endpoint, scope["path_params"] = hot
            await self._answer_hot(endpoint, request, send, headers)
        else:
            await self._pass_on(scope, request.receive, send, headers, mask)

    def _proxied(self, scope: Scope, address: str) -> str | None:
        """For whose address a service asks; where none may say so, the request is as if nobody had."""
        proxied = self._proxied_client(scope) if self._proxied_client is not None else None
        if proxied is None:
            del scope["state"][PROXIED_FOR]
        else:
            scope["state"][PROXIED_FOR] = address
        return proxied

    def _large_body(self, scope: Scope, receive: Receive, address: str, visit: Visit | None) -> IncomingBody | None:
        """The body, if it is one that must be looked after: long, or of unknown length."""
        announced: int | None = None
        for name, value in scope["headers"]:
            if name == b"content-length":
                if not value.isdigit() or int(value) <= self._small_bytes:
                    return None
                announced = int(value)
                break
            if name == b"transfer-encoding":
                break
        else:
            return None
        most_bytes = self._max_body_bytes if visit is not None else most_body_bytes(scope["path"], self._max_body_bytes)
        return IncomingBody(scope, receive, announced, most_bytes, household(address), self._budget, self._doorkeeper)

    @staticmethod
    async def _answer_hot(endpoint: Endpoint, request: Request, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        try:
            response = await endpoint(request)
        except Exception as error:  # noqa: BLE001 what the framework's outermost layer does for other routes
            response = answer_to(error, request.url.path, request)
        if isinstance(response, StreamingResponse):
            await response(request.scope, request.receive, _with_headers(send, headers))
            return
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": [*response.raw_headers, *headers],
            }
        )
        await send({"type": "http.response.body", "body": response.body})

    async def _pass_on(
        self, scope: Scope, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]], mask: Mask | None
    ) -> None:
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}
            scope["state"]["is_head"] = True  # who would send without an end sends nothing
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


def _with_headers(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return send_on


def _closing(send: Send, body: IncomingBody) -> Send:
    """Answers that say the connection ends where the body was not read to its end."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start" and not body.is_whole:
            message["headers"] = [*message.get("headers", ()), _CLOSE]
        await send(message)

    return send_on


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
        kept = [(name, value) for name, value in self.start["headers"] if name not in (b"content-length", b"etag")]
        await send({**self.start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})


def _wishes(scope: Scope) -> tuple[Mask | None, bool, KnownTags]:
    """What a client wants of the answer: its part, perhaps to wait for news, and not what it has. Most want none of
    it: 0.2 µs.

    A part has no tag, as caches know it by its address alone.
    """
    query: bytes = scope["query_string"]
    may_wait = bool(query) and b"wait" in query
    for name, _ in scope["headers"]:
        if name in _WISHES:
            break
    else:
        return None, may_wait, NOTHING_KNOWN
    masks = [value for name, value in scope["headers"] if name == b"x-fields"]
    has_mask = bool(masks) and scope["path"] != "/api/v2/status/heartbeat"
    may_wait = may_wait or any(name == b"prefer" for name, _ in scope["headers"])
    mask = parse_mask(masks[0].decode("latin-1")) if has_mask else None
    if mask is None:
        return None, may_wait, known_tags(scope)
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]
    return mask, may_wait, NOTHING_KNOWN


async def _refuse(send: Send, error: HordeError, headers: list[tuple[bytes, bytes]], visit: Visit | None) -> None:
    """Answer a refusal before the app has seen the request."""
    if visit is not None:
        response = visit.refused(Refusal.of(error))
        start = {"status": response.status_code, "headers": [*response.raw_headers, *headers]}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": response.body})
        return
    extra = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    await _respond(send, error.status, error_body(error), [*headers, *extra])


async def _respond(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length: Any = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, JSON_HEADER, length]})
    await send({"type": "http.response.body", "body": body})


async def _respond_tagged(
    send: Send, body: bytes, tag: bytes, headers: list[tuple[bytes, bytes]], known: KnownTags
) -> None:
    told: list[tuple[bytes, bytes]] = [*headers, (b"etag", tag), NO_CACHE]
    if known and tag in known:
        await send({"type": "http.response.start", "status": 304, "headers": told})
        await send({"type": "http.response.body", "body": b""})
        return
    told += (JSON_HEADER, (b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": 200, "headers": told})
    await send({"type": "http.response.body", "body": body})
