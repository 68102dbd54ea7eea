"""Another program's server, as a backend calls it: one address, its key, and answers within limits.

The server is the owner's own, so it may be anywhere in his network; but what it answers is not trusted to be short,
soon, or what was asked for. Every failure is a `BackendFailure` with a reason in which no key stands.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from yarl import URL

from horde_worker.backends.events import BackendFailure, BackendGone
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.connection_failures import in_words

__all__ = ["BackendFailure", "BackendGone", "BackendRefused", "BackendServer", "quietly"]  # all that a call may raise

JSON_LIMIT_BYTES: Final = 16 * 1024 * 1024
LINE_LIMIT_BYTES: Final = 1024 * 1024
ANSWER_LIMIT_S: Final = 30.0
CONNECT_LIMIT_S: Final = 5.0
_REFUSAL_LIMIT_BYTES: Final = 1024 * 1024
MAX_CONNECTIONS: Final = 64
KEPT_S: Final = 3.0
"""How long an idle connection is used again; some servers close theirs after five seconds."""
_TOLD_CHARACTERS: Final = 300
"""Of what a server says went wrong."""


class BackendRefused(BackendFailure):
    """The server said no; `status` and what it said (`told`, at most some hundred characters; `body`, all of it)."""

    def __init__(self, server: str, status: int, told: str, body: bytes = b"") -> None:
        super().__init__(f"{server} answered {status}: {told}" if told else f"{server} answered {status}")
        self.status = status
        self.told = told
        self.body = body


class BackendServer:
    """One server. Paths begin with a slash. Limits are per call: `limit_s` seconds, `limit_bytes` of the answer."""

    def __init__(self, name: str, options: ServerOptions) -> None:
        self.name = name
        """What the program is called in reasons, such as ComfyUI."""
        self._url = options.url.rstrip("/")
        self._session = _session(options, aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEPT_S))
        # llama.cpp closes the connection of a stream, though it says that it keeps it: the next call would break.
        self._streams = _session(options, aiohttp.TCPConnector(limit=MAX_CONNECTIONS, force_close=True))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        await self._streams.close()

    async def get_json(self, path: str, *, limit_bytes: int = JSON_LIMIT_BYTES, limit_s: float = ANSWER_LIMIT_S) -> Any:
        """What the server answers, as JSON. Raises `BackendGone`, `BackendRefused`, `BackendFailure`."""
        return self._parsed(path, await self.call("GET", path, limit_bytes=limit_bytes, limit_s=limit_s))

    async def post_json(
        self,
        path: str,
        body: Any,
        *,
        limit_bytes: int = JSON_LIMIT_BYTES,
        limit_s: float = ANSWER_LIMIT_S,
    ) -> Any:
        """As `get_json`, after sending JSON; an empty answer is None."""
        raw = await self.call("POST", path, body=body, limit_bytes=limit_bytes, limit_s=limit_s)
        return self._parsed(path, raw) if raw.strip() else None

    async def post_form(
        self,
        path: str,
        fields: Mapping[str, str],
        files: Mapping[str, tuple[str, bytes, str]],
        *,
        limit_bytes: int = JSON_LIMIT_BYTES,
        limit_s: float = ANSWER_LIMIT_S,
    ) -> Any:
        """As `post_json`, with a form of several parts; a file is its name, its bytes and its media type."""
        form = aiohttp.FormData()
        for name, value in fields.items():
            form.add_field(name, value)
        for name, (filename, data, media_type) in files.items():
            form.add_field(name, data, filename=filename, content_type=media_type)
        raw = await self.call("POST", path, form=form, limit_bytes=limit_bytes, limit_s=limit_s)
        return self._parsed(path, raw) if raw.strip() else None

    async def get_bytes(self, path: str, *, limit_bytes: int, limit_s: float = ANSWER_LIMIT_S) -> bytes:
        """What lies at a path, such as a picture."""
        return await self.call("GET", path, limit_bytes=limit_bytes, limit_s=limit_s)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        form: aiohttp.FormData | None = None,
        limit_bytes: int = JSON_LIMIT_BYTES,
        limit_s: float = ANSWER_LIMIT_S,
    ) -> bytes:
        """The answer's bytes. A connection that is closed in the middle ends what was asked for, at most servers."""
        async with self._answer(method, path, body=body, form=form, limit_s=limit_s) as answer:
            return await self._at_most(answer, limit_bytes)

    async def lines(
        self, path: str, body: Any, *, limit_s: float, limit_bytes: int = JSON_LIMIT_BYTES
    ) -> AsyncGenerator[str, None]:
        """A streamed answer, line by line as it comes, without line ends. Closing it closes the connection."""
        async with self._answer("POST", path, body=body, limit_s=limit_s, session=self._streams) as answer:
            held = bytearray()
            seen_bytes = 0
            async for chunk in answer.content.iter_any():
                seen_bytes += len(chunk)
                if seen_bytes > limit_bytes or len(held) > LINE_LIMIT_BYTES:
                    raise BackendFailure(f"{self.name} sent more than could be meant")
                held += chunk
                *whole, rest = held.split(b"\n")
                for line in whole:
                    yield line.decode("utf-8", "replace").rstrip("\r")
                held = bytearray(rest)
            if held:
                yield held.decode("utf-8", "replace").rstrip("\r")

    @asynccontextmanager
    async def websocket(
        self, path: str, *, limit_bytes: int = JSON_LIMIT_BYTES
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """An open socket; each message has `limit_bytes` at most. Raises `BackendGone` where there is none, and
        `BackendFailure` where the server does not answer."""
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                socket = await self._session.ws_connect(
                    self._url + path,
                    max_msg_size=limit_bytes,
                    heartbeat=20.0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CONNECT_LIMIT_S),
                )
        except TimeoutError as error:
            raise BackendFailure(f"{self.name} took longer than {ANSWER_LIMIT_S:.0f} s to open a socket") from error
        except (aiohttp.ClientError, OSError) as error:
            raise BackendGone(self._not_reached(error)) from error
        try:
            yield socket
        except (aiohttp.ClientError, OSError) as error:
            raise BackendGone(self._not_reached(error)) from error
        finally:
            await socket.close()

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        form: aiohttp.FormData | None = None,
        limit_s: float,
        session: aiohttp.ClientSession | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(total=limit_s, connect=min(CONNECT_LIMIT_S, limit_s))
        sent: dict[str, Any] = {"data": form} if form is not None else {} if body is None else _as_json(body)
        try:
            async with (session or self._session).request(
                method, self._url + path, timeout=timeout, allow_redirects=False, **sent
            ) as answer:
                if answer.status >= 300:
                    body = await self._at_most(answer, _REFUSAL_LIMIT_BYTES)
                    raise BackendRefused(self.name, answer.status, _told(body), body)
                yield answer
        except TimeoutError as error:
            raise BackendFailure(f"{self.name} took longer than {limit_s:.0f} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise BackendGone(self._not_reached(error)) from error

    async def _at_most(self, answer: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
        raw = bytearray()
        async for chunk in answer.content.iter_any():
            raw += chunk
            if len(raw) > limit_bytes:
                if answer.status >= 300:
                    break  # enough to tell
                raise BackendFailure(f"{self.name} sent more than {limit_bytes} bytes")
        return bytes(raw)

    def _not_reached(self, error: Exception) -> str:
        return in_words(error, URL(self._url).authority.rpartition("@")[2], self.name)

    def _parsed(self, path: str, raw: bytes) -> Any:
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise BackendFailure(f"{self.name} answered {path.partition('?')[0]} with what is no JSON") from error


def _session(options: ServerOptions, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=options.headers(),
        connector=connector,
        trust_env=False,  # a proxy for the internet is none for this
    )


def _told(raw: bytes) -> str:
    """What a server says went wrong, in one line: the message of the usual shapes of JSON, or its text."""
    text = raw.decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    for key in ("error", "detail", "message", "msg", "errors"):
        if isinstance(found, dict) and found.get(key):
            found = found[key]
    if isinstance(found, list):
        # Many a server repeats what it was sent beside what is wrong with it, and a prompt is not to stand in a log.
        found = "; ".join(str(one.get("msg") or one.get("message")) for one in found[:5] if isinstance(one, dict))
    told = found if isinstance(found, str) else json.dumps(found)
    return " ".join(told.split())[:_TOLD_CHARACTERS]


def _as_json(body: Any) -> dict[str, Any]:
    """A body as it is sent: read bit by bit, since pictures in it may be megabytes."""
    return {"data": io.BytesIO(json.dumps(body).encode()), "headers": {"Content-Type": "application/json"}}


async def quietly(call: Any, limit_s: float = 5.0) -> None:
    """Do what may fail, such as telling a server to stop, and never longer than this."""
    try:
        async with asyncio.timeout(limit_s):
            await call
    except (BackendFailure, TimeoutError):
        pass
