"""Before a large body is read, its sender is looked at; what is not read to its end is still answered."""

from __future__ import annotations

import asyncio
import json

import pytest
from fastapi import FastAPI, Request, Response
from small_server import StartServing
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from horde_server.errors import InvalidAPIKey
from horde_server.http import error_responses
from horde_server.http.body_limits import SMALL_BYTES
from horde_server.http.client_address import ClientAddresses
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.rim import Rim

MIB = 1024 * 1024
MOST_BYTES = 3 * MIB
IN_FLIGHT_BYTES = 4 * MIB
ASYNC = "/api/v2/generate/async"


class Nothing:
    """Answers that are held back: there are none."""

    def __len__(self) -> int:
        return 0

    def stop(self) -> None:
        """Nothing to answer."""


class Horde:
    """The rim around routes that read their body and say how long it was."""

    def __init__(self, *, is_hot: bool) -> None:
        app = FastAPI()
        hot = HotRoutes()
        error_responses.install(app)
        self.read_bytes: list[int] = []
        self.asked: list[str] = []

        async def read(request: Request) -> Response:
            try:
                self.read_bytes.append(len(await request.body()))
            except ClientDisconnect:
                self.read_bytes.append(-1)
                raise
            return Response(json.dumps({"bytes": self.read_bytes[-1]}))

        if is_hot:
            hot.add("POST", ASYNC)(read)
        app.add_api_route(ASYNC, read, methods=["POST"], response_model=None)
        self.rim = Rim(
            app,
            node_name="test",
            max_body_bytes=MOST_BYTES,
            client_address=ClientAddresses(()),
            bodies_in_flight_bytes=IN_FLIGHT_BYTES,
        )
        self.budget = self.rim._budget
        self.rim.open(lambda scope: None, hot, self._ask, Nothing())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.rim(scope, receive, send)

    async def _ask(self, scope: Scope) -> None:
        key = dict(scope["headers"]).get(b"apikey", b"").decode()
        self.asked.append(key)
        if key == "nokey":
            raise InvalidAPIKey


@pytest.fixture(params=[False, True], ids=["framework", "hot"])
def horde(request: pytest.FixtureRequest) -> Horde:
    return Horde(is_hot=request.param)


def head(size: int | None, *lines: str, path: str = ASYNC, sender: str = "203.0.113.1") -> bytes:
    """The head of a POST; `size` None: in chunks."""
    length = "Transfer-Encoding: chunked" if size is None else f"Content-Length: {size}"
    return "\r\n".join([f"POST {path} HTTP/1.1", length, f"X-Forwarded-For: {sender}", *lines, "", ""]).encode()


def chunk(size: int) -> bytes:
    return b"%x\r\n" % size + b"x" * size + b"\r\n"


async def test_a_body_is_read_whole(start_serving: StartServing, horde: Horde) -> None:
    serving = await start_serving(app=horde)
    client = await serving.connect(head(2 * MIB, "apikey: good"))
    sending = asyncio.create_task(client.send(b"x" * 2 * MIB))
    assert (await client.answer())[2] == b'{"bytes": %d}' % (2 * MIB)
    await sending
    await client.send(head(None, "apikey: good"))
    sending = asyncio.create_task(client.send(chunk(MIB) * 3 + b"0\r\n\r\n"))
    status, headers, body = await client.answer()
    assert (status, body) == (200, b'{"bytes": %d}' % (3 * MIB))
    assert "connection" not in headers
    await sending
    assert (horde.asked, horde.budget.total_bytes) == (["good", "good"], 0)


@pytest.mark.parametrize(
    ("line", "size", "expected"),
    [("apikey: nokey", MOST_BYTES, 401), ("apikey: good", 4 * MIB, 413), ("apikey: nokey", SMALL_BYTES + 1, 401)],
)
async def test_who_sends_a_body_in_vain_reads_why_after_all_of_it(
    start_serving: StartServing, horde: Horde, line: str, size: int, expected: int
) -> None:
    """Programs read the answer when they have sent everything: closing at once would take it from them."""
    serving = await start_serving(app=horde)
    client = await serving.connect(head(size, line))
    await client.send(b"x" * size)
    status, _ = await client.refusal()
    assert (status, horde.read_bytes, horde.budget.total_bytes) == (expected, [], 0)


async def test_a_body_in_pieces_is_asked_for_its_key_once_it_is_large(
    start_serving: StartServing, horde: Horde
) -> None:
    serving = await start_serving(app=horde)
    client = await serving.connect(head(None, "apikey: nokey"))
    await client.send(chunk(SMALL_BYTES) + b"0\r\n\r\n")
    assert (await client.answer())[0] == 200
    assert horde.asked == []
    await client.send(head(None, "apikey: nokey") + chunk(SMALL_BYTES) * 2)
    status, _ = await client.refusal()
    assert (status, horde.read_bytes) == (401, [SMALL_BYTES])


async def test_a_body_in_pieces_that_grows_too_long_is_refused(start_serving: StartServing, horde: Horde) -> None:
    serving = await start_serving(app=horde)
    client = await serving.connect(head(None, "apikey: good"))
    for _ in range(4):
        await client.send(chunk(MIB))
    status, message = await client.refusal()
    assert (status, str(MOST_BYTES) in message) == (413, True)


@pytest.mark.parametrize(("key", "expected"), [("nokey", b"HTTP/1.1 401"), ("good", b"HTTP/1.1 100")])
async def test_who_asks_before_sending_is_told_to_only_when_it_will_be_read(
    start_serving: StartServing, horde: Horde, key: str, expected: bytes
) -> None:
    """RFC 9110 §10.1.1: `Expect: 100-continue`."""
    serving = await start_serving(app=horde)
    client = await serving.connect(head(MIB, f"apikey: {key}", "Expect: 100-continue"))
    first = await asyncio.wait_for(client.reader.readuntil(b"\r\n\r\n"), 10)
    assert first.startswith(expected)


async def test_a_large_body_to_nowhere_is_answered_and_not_read(start_serving: StartServing, horde: Horde) -> None:
    serving = await start_serving(app=horde)
    client = await serving.connect(head(MIB, "apikey: good", path="/api/v2/nowhere"), b"x" * MIB)
    status, _ = await client.refusal()
    assert (status, horde.read_bytes) == (404, [])


async def test_a_small_body_that_is_not_read_costs_the_connection_nothing(
    start_serving: StartServing, horde: Horde
) -> None:
    serving = await start_serving(app=horde)
    client = await serving.connect(head(1000, path="/api/v2/nowhere"))
    assert (await client.answer())[0] == 404
    await client.send(b"x" * 1000 + head(10) + b"x" * 10)
    assert (await client.answer())[2] == b'{"bytes": 10}'


async def test_an_unread_body_is_not_listened_to_for_ever(start_serving: StartServing, horde: Horde) -> None:
    serving = await start_serving(app=horde)
    client = await serving.connect(head(MOST_BYTES, "apikey: nokey"))
    assert (await client.answer())[0] == 401
    await serving.pass_s(11)
    await serving.until(lambda: len(serving.connections) == 0, "it is closed")


async def test_bodies_that_stall_make_room_for_those_of_others(start_serving: StartServing, horde: Horde) -> None:
    """Thirty bodies of 30 MB, sent in part and held, took 850 MB for ever."""
    serving = await start_serving(app=horde)
    strangers = [await serving.connect(head(MOST_BYTES, "apikey: good")) for _ in range(15)]
    sending = [asyncio.create_task(client.send(b"x" * MIB)) for client in strangers]
    refused = [asyncio.create_task(client.refusal()) for client in strangers]
    await serving.until(lambda: sum(task.done() for task in refused) >= 10, "most of them are refused")
    bystander = await serving.connect(head(MIB, "apikey: good", sender="198.51.100.7"))
    passing = asyncio.create_task(bystander.send(b"x" * MIB))
    assert (await bystander.answer())[0] == 200
    await passing
    small = await serving.connect(head(SMALL_BYTES, sender="203.0.113.1") + b"x" * SMALL_BYTES)
    assert (await small.answer())[0] == 200
    assert horde.budget.total_bytes <= IN_FLIGHT_BYTES
    status, message = next(task.result() for task in refused if task.done())
    assert (status, "send it again later" in message) == (503, True)
    for task in (*sending, *refused):
        task.cancel()
    await asyncio.gather(*sending, *refused, return_exceptions=True)
    for client in strangers:
        client.close()
    await serving.until(lambda: horde.budget.total_bytes == 0, "nothing is held of who is gone")


async def test_a_stop_is_not_taken_for_a_body_given_up(
    start_serving: StartServing, horde: Horde, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("horde_server.process.serving.DRAIN_S", 0.2)
    serving = await start_serving(app=horde)
    await serving.connect(head(MIB, "apikey: good"), b"x" * 100_000)
    await serving.until(lambda: horde.budget.total_bytes, "it arrives")
    serving.stop.set()
    await asyncio.wait_for(serving.task, 10)
    assert "Traceback" not in caplog.text
    assert horde.budget.total_bytes == 0
