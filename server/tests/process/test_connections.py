"""However many connections one stranger holds, there is room for others."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import time

import pytest
from small_server import Client, Serving, StartServing

from horde_server.process.connections import ConnectionLimits
from horde_server.process.descriptors import connections_that_fit
from horde_server.settings import Settings

GET = b"GET /x HTTP/1.1\r\n\r\n"


async def opened(serving: Serving, count: int, *sent: bytes) -> list[Client]:
    return [await serving.connect(*sent) for _ in range(count)]


async def test_when_all_are_in_use_the_longest_idle_ones_give_way(start_serving: StartServing) -> None:
    """As long as one has no request running there is room; requests that run are left alone."""
    serving = await start_serving(max_connections=20)
    busy = await serving.connect(b"GET /wait HTTP/1.1\r\n\r\n")
    await serving.until(lambda: serving.app.seen, "it runs")
    oldest, *others = await opened(serving, 19, GET)
    assert (await oldest.answer())[0] == 200
    await serving.pass_s(1)
    for client in others:
        await client.answer()
        await client.send(GET)
        await client.answer()
    for _ in range(60):
        client = await serving.connect(GET)
        assert (await client.answer())[0] == 200
        assert len(serving.connections) <= 20
        assert await oldest.is_closed()
    serving.app.may_go.set()
    assert (await busy.answer())[0] == 200


@pytest.mark.parametrize("sent", [b"", b"GET /x", b"POST /read HTTP/1.1\r\nContent-Length: 5000\r\n\r\n"])
async def test_a_stranger_with_more_connections_than_there_are_locks_nobody_out(
    start_serving: StartServing, sent: bytes
) -> None:
    """Silent, with half a head or with half a body; also from loopback, which is exempt from the limit per address."""
    serving = await start_serving(max_connections=50, exempt=lambda _: True, max_connections_per_address=5)
    for _ in range(200):
        await serving.connect(sent)
    client = await serving.connect(GET)
    assert (await client.answer())[0] == 200


async def test_when_every_connection_has_a_request_running_a_new_one_is_told_so(start_serving: StartServing) -> None:
    serving = await start_serving(max_connections=16)
    await opened(serving, 16, b"GET /wait HTTP/1.1\r\n\r\n")
    await serving.until(lambda: len(serving.app.seen) == 16, "all run")
    status, message = await (await serving.connect()).refusal()
    assert (status, "in use" in message) == (503, True)


async def test_one_address_has_its_limit_and_its_idle_connections_give_way_first(start_serving: StartServing) -> None:
    serving = await start_serving(max_connections_per_address=5)
    for _ in range(30):
        client = await serving.connect(GET)
        assert (await client.answer())[0] == 200
    assert len(serving.connections) <= 5
    await opened(serving, 5, b"GET /wait HTTP/1.1\r\n\r\n")
    await serving.until(lambda: serving.app.seen.count("/wait") == 5, "all run")
    status, message = await (await serving.connect()).refusal()
    assert (status, "5 connections" in message) == (429, True)


async def test_an_exempt_address_has_as_many_as_there_are(start_serving: StartServing) -> None:
    serving = await start_serving(max_connections_per_address=5, exempt=lambda address: address == "127.0.0.1")
    await opened(serving, 10, b"GET /wait HTTP/1.1\r\n\r\n")
    await serving.until(lambda: len(serving.app.seen) == 10, "all run")


def test_connections_leave_descriptors_for_everything_else() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert connections_that_fit(10**9, 8) == soft - 112
    assert connections_that_fit(20, 8) == 20
    limits = ConnectionLimits.of(Settings(_env_file=None), 77)
    assert (limits.max_connections, limits.max_connections_per_address, limits.keep_alive_s) == (77, 256, 65)


def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one() -> None:
    code = (
        "import json, resource\n"
        "from horde_server.process.descriptors import *\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, min(hard, 1024)))\n"
        "raise_descriptor_limit()\n"
        "print(json.dumps([*resource.getrlimit(resource.RLIMIT_NOFILE), connections_that_fit(4096, 8)]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    soft, hard, connections = json.loads(run.stdout)
    assert (soft, connections) == (hard, hard - 112)


_SERVER = """
import asyncio, resource, socket, sys, uvloop
from horde_server.process.connections import ConnectionLimits, Connections
from horde_server.process.serving import serve_app

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    connections = Connections(ConnectionLimits(1000, 1000, 60, 60, 60, 60, 0), exempt=lambda _: True)
    await serve_app(app, connections, "x", [socket.socket(fileno=int(sys.argv[1]))], asyncio.Event())

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""


def test_running_out_of_descriptors_passes_when_they_come_back() -> None:
    """Should something else use them up, `accept` fails: no reason to end or to run wild."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    place = listener.getsockname()

    def answer() -> bytes:
        with contextlib.suppress(ConnectionError), socket.create_connection(place, timeout=10) as client:
            client.settimeout(30)
            client.sendall(GET)
            return client.recv(12)
        return b""

    with (
        listener,
        subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        ) as server,
    ):
        try:
            assert answer() == b"HTTP/1.1 200"
            with contextlib.ExitStack() as stack:
                for _ in range(60):
                    stack.enter_context(socket.create_connection(place, timeout=10))
                assert answer() == b""
            deadline = time.monotonic() + 30
            while answer() != b"HTTP/1.1 200":
                assert time.monotonic() < deadline
        finally:
            server.terminate()
        _, log = server.communicate(timeout=30)
    assert log == ""
