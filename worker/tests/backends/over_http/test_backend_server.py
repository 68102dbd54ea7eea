"""Calls to a backend's server: within limits, and every failure is a reason that tells no secret."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.over_http.options import MAX_SLOTS, ServerOptions
from horde_worker.backends.over_http.server import BackendGone, BackendRefused, BackendServer, quietly

SECRET = "sesame-2718"


def options(**given: Any) -> ServerOptions:
    return ServerOptions.read(BackendSettings("paintbox", given), default_url="http://127.0.0.1:9")


@pytest.fixture
async def caller(server: Any) -> AsyncIterator[BackendServer]:
    """Calls the played server."""
    found = BackendServer("Paintbox", options(url=server.url))
    yield found
    await found.aclose()


def answering(body: bytes, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    return handle


async def test_json_goes_both_ways(server: Any, caller: BackendServer) -> None:
    """What is sent arrives, and what is answered is read."""

    async def handle(request: web.Request) -> web.Response:
        return web.json_response({"got": await request.json() if request.can_read_body else None})

    server.handle = handle
    assert await caller.post_json("/do", {"a": 1}) == {"got": {"a": 1}}
    assert await caller.get_json("/see") == {"got": None}


async def test_a_form_has_fields_and_files(server: Any, caller: BackendServer) -> None:
    """Files go with a name and a media type."""

    async def handle(request: web.Request) -> web.Response:
        form = await request.post()
        file = form["image"]
        assert isinstance(file, web.FileField)
        return web.json_response([form["type"], file.filename, file.content_type, file.file.read().decode()])

    server.handle = handle
    sent = await caller.post_form("/up", {"type": "input"}, {"image": ("a.png", b"dots", "image/png")})
    assert sent == ["input", "a.png", "image/png", "dots"]


async def test_a_key_and_a_password_go_along(server: Any) -> None:
    """A key as a bearer, user and password as basic authentication."""
    for given, expected in (
        ({"api_key": SECRET}, f"Bearer {SECRET}"),
        ({"user": "ann", "password": SECRET}, f"Basic {base64.b64encode(f'ann:{SECRET}'.encode()).decode()}"),
    ):
        caller = BackendServer("Paintbox", options(url=server.url, **given))
        await caller.get_json("/")
        await caller.aclose()
        assert server.requests[-1].headers["Authorization"] == expected


async def test_secrets_can_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of settings need not hold them, and no text of ours does."""
    monkeypatch.setenv("PAINT_KEY", SECRET)
    found = options(api_key="env:PAINT_KEY", user="ann", password="env:PAINT_KEY")
    assert found.api_key == found.password == SECRET
    assert SECRET not in repr(found)
    with pytest.raises(BackendFailure, match="PAINT_LOCK"):
        options(api_key="env:PAINT_LOCK")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"url": "ftp://x"}, "http"),
        ({"url": 7}, "text"),
        ({"password": SECRET}, "no user"),
        ({"models": ["a"]}, "models"),
        ({"models": {"a": 7}}, "names"),
        ({"slots": 0}, "slots"),
        ({"slots": MAX_SLOTS + 1}, "slots"),
        ({"slots": True}, "slots"),
        ({"color": "red"}, "color"),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, Any], told: str) -> None:
    """The owner reads which, and no secret."""
    with pytest.raises(BackendFailure, match=told) as refused:
        options(**given)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "no such model"}}', "no such model"),
        (b'{"detail": [{"loc": ["body", "steps"], "msg": "too many"}]}', "too many"),
        (b"it\nbroke", "it broke"),
        (b"", "answered 500"),
    ],
)
async def test_a_refusal_tells_what_the_server_said(server: Any, caller: BackendServer, body: bytes, told: str) -> None:
    """In one line, whatever its shape."""
    server.handle = answering(body, 500)
    with pytest.raises(BackendRefused, match=told) as refused:
        await caller.get_json("/x")
    assert refused.value.status == 500


async def test_a_refusal_does_not_repeat_what_was_sent(server: Any, caller: BackendServer) -> None:
    """Many servers tell the value that they refuse, and a prompt is not to stand in a log."""
    wrong = {
        "loc": ["body", "prompt"],
        "msg": "too long",
        "input": "the private prompt",
        "ctx": {"given": "the private"},
    }
    server.handle = answering(json.dumps({"detail": [wrong, "the private prompt"]}).encode(), 422)
    with pytest.raises(BackendRefused, match="answered 422: too long") as refused:
        await caller.get_json("/x")
    assert "private" not in str(refused.value) + refused.value.told


async def test_the_connection_of_a_stream_is_not_used_again(server: Any, caller: BackendServer) -> None:
    """llama.cpp's server closes it, though it says that it keeps it."""
    connections = []

    async def handle(request: web.Request) -> web.Response:
        assert request.transport is not None
        connections.append(request.transport.get_extra_info("peername"))
        return web.Response(text="one\ntwo\n")

    server.handle = handle
    for _ in range(2):
        assert [line async for line in caller.lines("/x", {}, limit_s=5)] == ["one", "two"]
    await caller.call("GET", "/x")
    await caller.call("GET", "/x")
    first, second, third, fourth = connections
    assert len({first, second, third}) == 3
    assert third == fourth


async def test_a_long_refusal_is_cut(server: Any, caller: BackendServer) -> None:
    """A traceback of a megabyte is not a reason to submit."""
    server.handle = answering(b"x" * 1_000_000, 500)
    with pytest.raises(BackendRefused) as refused:
        await caller.get_json("/x")
    assert len(str(refused.value)) < 400


async def test_an_answer_has_a_maximum(server: Any, caller: BackendServer) -> None:
    """No more is read than was to be expected."""
    server.handle = answering(b"[" + b"1," * 100_000 + b"1]")
    with pytest.raises(BackendFailure, match="more than 1000 bytes"):
        await caller.get_json("/x", limit_bytes=1000)


async def test_what_is_no_json_is_a_failure(server: Any, caller: BackendServer) -> None:
    """Nor is what is nested without end."""
    for body in (b"<html>", b"[" * 100_000):
        server.handle = answering(body)
        with pytest.raises(BackendFailure, match="no JSON"):
            await caller.get_json("/x?key=abc")


async def test_a_redirect_is_not_followed(server: Any, caller: BackendServer) -> None:
    """The key is for one address."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    server.handle = handle
    with pytest.raises(BackendRefused):
        await caller.get_json("/x")
    assert len(server.requests) == 1


async def test_a_slow_answer_is_a_failure(server: Any, caller: BackendServer) -> None:
    """Each call has its seconds."""

    async def handle(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    server.handle = handle
    with pytest.raises(BackendFailure, match="longer than"):
        await caller.get_json("/x", limit_s=0.1)


async def test_a_server_that_is_not_there_is_gone(server: Any, caller: BackendServer) -> None:
    """Told apart from one that refuses: it may come back."""
    await server.stop()
    with pytest.raises(BackendGone, match="Paintbox is not running"):
        await caller.get_json("/x")
    with pytest.raises(BackendGone):
        async with caller.websocket("/ws"):
            pass


async def test_a_server_that_dies_in_its_answer_is_gone(server: Any, caller: BackendServer) -> None:
    """Half an answer is none."""

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return answer

    server.handle = handle
    with pytest.raises(BackendGone):
        await caller.get_bytes("/x", limit_bytes=10_000)


async def test_lines_come_as_they_are_sent(server: Any, caller: BackendServer) -> None:
    """Also where a chunk ends in the middle of one."""
    gate = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"one\r\ntw")
        await gate.wait()
        await answer.write("ö\nthree".encode())
        return answer

    server.handle = handle
    lines = caller.lines("/stream", {}, limit_s=10)
    assert await anext(lines) == "one"
    gate.set()
    assert [line async for line in lines] == ["twö", "three"]


async def test_lines_have_a_maximum(server: Any, caller: BackendServer) -> None:
    """A stream without end ends here."""
    server.handle = answering(b"x\n" * 10_000)
    with pytest.raises(BackendFailure, match="more than could be meant"):
        async for _ in caller.lines("/stream", {}, limit_s=10, limit_bytes=1000):
            pass


async def test_closing_a_stream_closes_its_connection(server: Any, caller: BackendServer) -> None:
    """Most servers stop what nobody reads."""
    noticed = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"line\n")
                await asyncio.sleep(0.01)
        finally:
            noticed.set()

    server.handle = handle
    lines = caller.lines("/stream", {}, limit_s=60)
    await anext(lines)
    await lines.aclose()
    async with asyncio.timeout(10):
        await noticed.wait()


async def test_a_socket_takes_texts_and_bytes(server: Any, caller: BackendServer) -> None:
    """As ComfyUI sends progress and previews."""

    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("step")
        await socket.send_bytes(b"dots")
        await socket.close()
        return socket

    server.handle = handle
    async with caller.websocket("/ws") as socket:
        seen = [(message.type, message.data) async for message in socket]
    assert seen == [(WSMsgType.TEXT, "step"), (WSMsgType.BINARY, b"dots")]


async def test_a_message_of_a_socket_has_a_maximum(server: Any, caller: BackendServer) -> None:
    """A larger one closes it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_bytes(b"x" * 10_000)
        await socket.receive()
        return socket

    server.handle = handle
    async with caller.websocket("/ws", limit_bytes=1000) as socket:
        assert (await socket.receive()).type in (WSMsgType.ERROR, WSMsgType.CLOSED, WSMsgType.CLOSE)


async def test_a_socket_is_not_waited_for_for_ever(
    server: Any, caller: BackendServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that hangs takes connections, and answers nothing."""
    monkeypatch.setattr("horde_worker.backends.over_http.server.ANSWER_LIMIT_S", 0.05)
    over = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    server.handle = handle
    with pytest.raises(BackendFailure, match="to open a socket"):
        async with caller.websocket("/ws"):
            pass
    over.set()


async def test_telling_a_server_to_stop_may_fail(server: Any, caller: BackendServer) -> None:
    """Nobody waits for it, and nothing comes of it."""
    server.handle = answering(b"no", 500)
    await quietly(caller.post_json("/interrupt", {}))

    async def never() -> None:
        await asyncio.sleep(60)

    await quietly(never(), limit_s=0.05)
